import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recalledBy } from './amend.ts';
import type { EntryFacts } from './entry.ts';
import { MessageType } from './message-type.ts';
import { joinedAt } from './receipts.ts';
import { arbitraryLog, RUNS } from './testing/arbitrary-log.ts';
import { AGENTS, CUSTOMER, entry, recall } from './testing/log.ts';
import { applyUnread, countable, countsFor, recountUnread } from './unread.ts';

const [AGENT] = AGENTS;

/** The target of `e`, if `e` is the first recall of it: what a server looks up in its store. */
function firstRecallIn(log: readonly EntryFacts[], e: EntryFacts): EntryFacts | undefined {
  const target = recalledBy(e);
  if (target === undefined || log.some((other) => other.seq < e.seq && recalledBy(other) === target)) {
    return undefined;
  }
  return log.find((other) => other.seq === target);
}

/** The count as the sentence of N1 has it, told in another way than the code. */
function countBySentence(log: readonly EntryFacts[], reader: string, readSeq: number): number {
  const recalled = log.map(recalledBy);
  return log.filter(
    (e) =>
      e.seq > readSeq &&
      e.senderId !== reader &&
      ![MessageType.EVENT, MessageType.RECALL, MessageType.EDIT].some((type) => type === e.messageType) &&
      !recalled.includes(e.seq),
  ).length;
}

describe('N1 what counts', () => {
  test.each<[string, Partial<EntryFacts>, boolean]>([
    ['text', {}, true],
    ['a picture', { messageType: MessageType.IMAGE }, true],
    ['a type of a later version', { messageType: 42 }, true],
    ['an automatic reply', { postProc: 1 }, true],
    ['an event', { messageType: MessageType.EVENT }, false],
    ['a recall', { messageType: MessageType.RECALL, targetSeq: 1 }, false],
    ['an edit', { messageType: MessageType.EDIT, targetSeq: 1 }, false],
  ])('N1 %s', (_what, facts, counts) => {
    const e = entry(2, facts);
    expect(countable(e)).toBe(counts);
    expect(countsFor(e, AGENT)).toBe(counts);
    expect(countsFor(e, CUSTOMER)).toBe(false);
    expect(recountUnread([e], AGENT, 1)).toBe(counts ? 1 : 0);
    expect(applyUnread(3, 1, e, AGENT)).toBe(counts ? 4 : 3);
  });

  test('N1 what stands at the read position is read, what stands above is not', () => {
    const log = [entry(1), entry(2), entry(3)];
    expect([0, 1, 2, 3].map((readSeq) => recountUnread(log, AGENT, readSeq))).toEqual([3, 2, 1, 0]);
  });

  test('N1 an unread entry that is recalled leaves the count, a read one has left it already', () => {
    const log = [entry(1), entry(2), recall(3, 2), recall(4, 1)];
    expect(recountUnread(log, AGENT, 1)).toBe(0);
    expect(applyUnread(1, 1, recall(3, 2), AGENT, entry(2))).toBe(0);
    expect(applyUnread(0, 1, recall(4, 1), AGENT, entry(1))).toBe(0);
  });

  test('N1 recalling twice takes one away', () => {
    const log = [entry(1), entry(2), recall(3, 2), recall(4, 2)];
    expect(recountUnread(log, AGENT, 0)).toBe(1);
  });

  test('N1 the recount says what the sentence says', () => {
    fc.assert(
      fc.property(arbitraryLog, fc.constantFrom(CUSTOMER, ...AGENTS), fc.nat(24), (log, reader, readSeq) => {
        const expected = countBySentence(log, reader, readSeq);
        expect(recountUnread(log, reader, readSeq)).toBe(expected);
        expect(recountUnread(log.slice(readSeq), reader, readSeq)).toBe(expected);
      }),
      RUNS,
    );
  });
});

test('N2 counting entry by entry equals the recount at every seq, while the reader reads now and then', () => {
  const arbitraryReads = fc.array(fc.option(fc.nat(24), { freq: 3 }), { maxLength: 24, size: 'max' });
  fc.assert(
    fc.property(arbitraryLog, arbitraryReads, fc.constantFrom(CUSTOMER, ...AGENTS), (log, reads, reader) => {
      let unread = 0;
      let readSeq = 0;
      for (const [i, e] of log.entries()) {
        const soFar = log.slice(0, i + 1);
        unread = applyUnread(unread, readSeq, e, reader, firstRecallIn(soFar, e));
        expect(unread).toBe(recountUnread(soFar, reader, readSeq));
        const read = Math.min(reads[i] ?? 0, e.seq);
        if (read > readSeq) {
          readSeq = read;
          unread = recountUnread(soFar.slice(readSeq), reader, readSeq);
        }
      }
    }),
    RUNS,
  );
});

test('N2 two devices that got the log by different ways, in other pieces, show the same number', () => {
  fc.assert(
    fc.property(arbitraryLog, fc.nat(24), fc.nat(24), (log, cut, readSeq) => {
      const at = Math.max(cut, readSeq);
      const recounted = recountUnread(log.slice(0, at), AGENT, readSeq);
      const live = log
        .slice(at)
        .reduce((n, e) => applyUnread(n, readSeq, e, AGENT, firstRecallIn(log, e)), recounted);
      expect(live).toBe(recountUnread(log, AGENT, readSeq));
    }),
    RUNS,
  );
});

test('N3 who joins has nothing unread of before, and everything of after', () => {
  const log = [entry(1), entry(2), entry(3), entry(4)];
  const { read, delivered } = joinedAt(2);
  expect(delivered).toBe(2);
  expect(recountUnread(log.slice(0, 2), AGENT, read)).toBe(0);
  expect(recountUnread(log, AGENT, read)).toBe(2);
});

test('N3 a recall of what was there before joining takes nothing away', () => {
  const { read } = joinedAt(2);
  expect(applyUnread(1, read, recall(4, 2), AGENT, entry(2))).toBe(1);
});
