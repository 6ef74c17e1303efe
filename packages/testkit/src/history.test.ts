import { describe, expect, it } from 'vitest';
import { checkHistory, type HistoryEvent, type LogEntry } from './history.ts';

const key = (id: number) => ({ conversationId: 'dm:1:2', senderId: '1', clientMessageId: String(id) });
const send = (id: number, device = 'phone'): HistoryEvent => ({
  ...key(id),
  type: 'send',
  device,
  content: `text ${id}`,
});
const acknowledged = (id: number, seq: number): HistoryEvent => ({
  ...key(id),
  type: 'acknowledged',
  seq,
  messageId: `m${id}`,
});
const refused = (id: number): HistoryEvent => ({ ...key(id), type: 'refused' });
const unknown = (id: number): HistoryEvent => ({ ...key(id), type: 'unknown' });
const seen = (seq: number, messageId: string): HistoryEvent => ({
  type: 'seen',
  by: 'b',
  conversationId: 'dm:1:2',
  seq,
  messageId,
});
const entry = (id: number, seq: number): LogEntry => ({
  ...key(id),
  seq,
  messageId: `m${id}`,
  content: `text ${id}`,
});

const check = (events: HistoryEvent[], log: LogEntry[]) =>
  checkHistory(events, log).map(({ rule, message }) => `${rule} ${message}`);

describe('a history', () => {
  it('of a good run breaks nothing: retries, unknown outcomes and repeated sights included', () => {
    expect(
      check(
        [
          send(1),
          acknowledged(1, 1),
          send(2),
          unknown(2),
          send(2),
          acknowledged(2, 2),
          seen(1, 'm1'),
          seen(1, 'm1'),
          send(3),
          unknown(3),
        ],
        [entry(1, 1), entry(2, 2), entry(3, 3)],
      ),
    ).toEqual([]);
    expect(check([send(1), refused(1), send(2), unknown(2)], [])).toEqual([]);
  });

  it.each<[string, string, HistoryEvent[], LogEntry[]]>([
    ['L1', 'is lost', [send(1), acknowledged(1, 1)], []],
    ['L1', 'stored as 2', [send(2), unknown(2), send(1), acknowledged(1, 1)], [entry(2, 1), entry(1, 2)]],
    ['L1', 'another content', [send(1), acknowledged(1, 1)], [{ ...entry(1, 1), content: 'x' }]],
    ['origin', 'from nowhere', [], [entry(1, 1)]],
    ['origin', 'never sent', [acknowledged(1, 1)], [entry(1, 1)]],
    ['origin', 'was refused, and is stored', [send(1), refused(1)], [entry(1, 1)]],
    ['I1', 'is stored as 1 and as 2', [send(1), acknowledged(1, 1)], [entry(1, 1), entry(1, 2)]],
    [
      'I1',
      'acknowledged as 1 and again as 2',
      [send(1), acknowledged(1, 1), send(1), acknowledged(1, 2)],
      [entry(1, 1)],
    ],
    ['O1', 'where 2 should be', [send(1), unknown(1), send(2), unknown(2)], [entry(1, 1), entry(2, 3)]],
    ['O1', 'where 2 should be', [send(1), unknown(1), send(2), unknown(2)], [entry(1, 1), entry(2, 1)]],
    ['O1', 'the log has m1', [send(1), unknown(1), seen(1, 'm9')], [entry(1, 1)]],
    ['O1', 'the log has nothing', [seen(1, 'm1')], []],
    [
      'O1',
      'was shown as m1, and to b as m2',
      [send(1), acknowledged(1, 1), seen(1, 'm1'), seen(1, 'm2')],
      [entry(1, 1)],
    ],
    [
      'O3',
      'began after 2',
      [send(2, 'b'), acknowledged(2, 2), send(3, 'c'), unknown(3)],
      [entry(3, 1), entry(2, 2)],
    ],
    [
      'O3',
      'its device sent it after 2',
      [send(1), send(2), unknown(1), unknown(2)],
      [entry(2, 1), entry(1, 2)],
    ],
  ])('finds what breaks %s: %s', (rule, message, events, log) => {
    const found = check(events, log);
    expect(
      found.some((violation) => violation.startsWith(rule) && violation.includes(message)),
      found.join('\n'),
    ).toBe(true);
  });

  it('of a hundred thousand sends is checked in a moment', () => {
    const ids = Array.from({ length: 100_000 }, (_, index) => index + 1);
    const events = ids.flatMap((id) => [send(id), acknowledged(id, id), seen(id, `m${id}`)]);
    const before = performance.now();
    expect(
      check(
        events,
        ids.map((id) => entry(id, id)),
      ),
    ).toEqual([]);
    expect(performance.now() - before).toBeLessThan(5_000);
  });
});
