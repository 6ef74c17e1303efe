import { describe, expect, test } from 'vitest';
import { History, type Page, type Range } from './history.ts';
import type { TimelineEntry } from './timeline.ts';

function entry(seq: number, text = `#${seq}`): TimelineEntry {
  return { seq, messageId: `${seq}`, clientMessageId: '0', senderId: '1', text, time: 0 };
}

/** A server's log, from which pages of at most `most` entries are read. */
class Log {
  entries: TimelineEntry[] = [];
  epoch = 'first';
  most = 500;
  /** Runs when a page was read and before it has arrived. */
  meanwhile = () => {};

  fill(count: number, text?: string): void {
    this.entries = Array.from({ length: count }, (_, i) => entry(i + 1, text));
  }

  readonly fetch = async ({ afterSeq, beforeSeq, limit }: Range): Promise<Page> => {
    const most = Math.min(limit, this.most);
    const headSeq = this.entries.length;
    const after = this.entries.filter(({ seq }) => seq > Number(afterSeq));
    const before = this.entries.filter(({ seq }) => seq < Number(beforeSeq ?? Number.POSITIVE_INFINITY));
    const entries = afterSeq === undefined ? before.slice(-most) : after.slice(0, most);
    this.meanwhile();
    return { entries, headSeq, firstSeq: 1, epoch: this.epoch };
  };
}

function seqs(history: History): number[] {
  return history.entries.map(({ seq }) => seq);
}

function upTo(last: number, first = 1): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

describe('history and what arrives live', () => {
  test('S1 what is stored while a page is on its way is there afterwards', async () => {
    const log = new Log();
    log.fill(3);
    const history = new History(log.fetch);
    log.meanwhile = () => history.live(entry(4));
    await history.catchUp();
    expect(seqs(history)).toEqual([1, 2, 3, 4]);
  });

  test('S2 a long absence is fetched page by page, to the end', async () => {
    const log = new Log();
    log.fill(10);
    const history = new History(log.fetch);
    await history.catchUp();
    log.fill(47);
    log.most = 10;
    await history.catchUp();
    expect(seqs(history)).toEqual(upTo(47));
    expect(history.hasHole).toBe(false);
  });

  test('the newest page first, those before it when asked for', async () => {
    const log = new Log();
    log.fill(120);
    const history = new History(log.fetch);
    await history.catchUp();
    expect(seqs(history)).toEqual(upTo(120, 71));
    expect(history.hasEarlier).toBe(true);
    await history.loadEarlier();
    await history.loadEarlier();
    expect(seqs(history)).toEqual(upTo(120));
    expect(history.hasEarlier).toBe(false);
  });

  test('S4 with another epoch nothing of the old copy stays', async () => {
    const log = new Log();
    log.fill(5, 'before the restore');
    const history = new History(log.fetch);
    await history.catchUp();
    log.fill(3, 'after it');
    log.epoch = 'second';
    await history.catchUp();
    expect(history.entries.map(({ text }) => text)).toEqual(['after it', 'after it', 'after it']);
  });

  test('the first epoch that is heard of is no change', async () => {
    const log = new Log();
    log.fill(2);
    const history = new History(log.fetch);
    history.live(entry(1));
    await history.catchUp();
    expect(seqs(history)).toEqual([1, 2]);
  });
});
