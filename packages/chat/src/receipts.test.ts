import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinedAt, type Position, raise, readBySending, whoHas } from './receipts.ts';
import { RUNS } from './testing/arbitrary-log.ts';

const HEAD = 10;
const start: Position = { delivered: 4, read: 2 };

const arbitrarySeq = fc.integer({ min: 0, max: HEAD + 3 });
const arbitraryPosition = fc
  .tuple(fc.integer({ min: 0, max: HEAD }), fc.integer({ min: 0, max: HEAD }))
  .map(([a, b]): Position => ({ delivered: Math.max(a, b), read: Math.min(a, b) }));
const arbitraryReceipt = fc.record({ kind: fc.constantFrom('delivered', 'read'), seq: arbitrarySeq });
type Receipt = { kind: 'delivered' | 'read'; seq: number };

const raiseAll = (p: Position, receipts: readonly Receipt[]) =>
  receipts.reduce((at, { kind, seq }) => raise(at, kind, seq, HEAD), p);

describe('R1 positions', () => {
  test.each<[string, 'delivered' | 'read', number, Position]>([
    ['delivered grows alone', 'delivered', 7, { delivered: 7, read: 2 }],
    ['read below delivered grows alone', 'read', 3, { delivered: 4, read: 3 }],
    ['read implies delivered', 'read', 7, { delivered: 7, read: 7 }],
    ['delivered beyond the head counts as the head', 'delivered', 99, { delivered: 10, read: 2 }],
    ['read beyond the head counts as the head', 'read', 99, { delivered: 10, read: 10 }],
  ])('R1 %s', (_what, kind, seq, expected) => {
    expect(raise(start, kind, seq, HEAD)).toEqual(expected);
  });

  test.each<['delivered' | 'read', number]>([
    ['delivered', 4],
    ['delivered', 3],
    ['delivered', 0],
    ['read', 2],
    ['read', 1],
  ])('R1 a receipt %s %i that is not news answers the same object', (kind, seq) => {
    expect(raise(start, kind, seq, HEAD)).toBe(start);
  });

  test('R1 a log restored to an older head takes no position back', () => {
    expect(raise(start, 'read', 4, 1)).toBe(start);
  });

  test('R1 no receipt makes a position smaller, or read pass delivered, or either pass the head', () => {
    fc.assert(
      fc.property(arbitraryPosition, arbitraryReceipt, (p, { kind, seq }) => {
        const raised = raise(p, kind, seq, HEAD);
        expect(raised.delivered).toBeGreaterThanOrEqual(p.delivered);
        expect(raised.read).toBeGreaterThanOrEqual(p.read);
        expect(raised.read).toBeLessThanOrEqual(raised.delivered);
        expect(raised.delivered).toBeLessThanOrEqual(HEAD);
        expect(raised === p).toBe(raised.delivered === p.delivered && raised.read === p.read);
      }),
      RUNS,
    );
  });

  test('R1 receipts in any order and repeated any number of times lead to the same position', () => {
    const shuffled = fc.array(arbitraryReceipt, { maxLength: 8 }).chain((receipts) =>
      fc.tuple(
        fc.constant(receipts),
        fc.shuffledSubarray([...receipts, ...receipts, ...receipts], {
          minLength: receipts.length * 3,
        }),
      ),
    );
    fc.assert(
      fc.property(arbitraryPosition, shuffled, (p, [once, often]) => {
        const reached = (kind: string) =>
          once.filter((r) => r.kind === kind).map((r) => Math.min(r.seq, HEAD));
        const read = Math.max(p.read, ...reached('read'));
        const delivered = Math.max(p.delivered, read, ...reached('delivered'));
        expect(raiseAll(p, once)).toEqual({ delivered, read });
        expect(raiseAll(p, often)).toEqual({ delivered, read });
      }),
      RUNS,
    );
  });
});

describe('R3 sending', () => {
  test('R3 what the sender had seen when writing is read and delivered', () => {
    expect(readBySending(start, 7, HEAD)).toEqual({ delivered: 7, read: 7 });
  });

  test('R3 a send that says nothing of what was seen changes nothing', () => {
    expect(readBySending(start, undefined, HEAD)).toBe(start);
  });

  test('R3 a send cannot have seen more than there is, nor take a position back', () => {
    expect(readBySending(start, 99, HEAD)).toEqual({ delivered: HEAD, read: HEAD });
    expect(readBySending(start, 1, HEAD)).toBe(start);
  });
});

describe('R4 who has an entry', () => {
  test('R4 the sender and those who joined later are in no list, readers also among the delivered', () => {
    const members: [string, Position & { joined: number }][] = [
      ['sender', { delivered: 9, read: 9, joined: 0 }],
      ['reader', { delivered: 9, read: 5, joined: 0 }],
      ['receiver', { delivered: 5, read: 4, joined: 0 }],
      ['absent', { delivered: 4, read: 4, joined: 4 }],
      ['late', { ...joinedAt(5), joined: 5 }],
      ['later', { ...joinedAt(9), joined: 9 }],
    ];
    expect(whoHas(5, 'sender', members)).toEqual({
      delivered: ['reader', 'receiver'],
      read: ['reader'],
      pending: ['absent'],
    });
  });

  test('R4 each other member who was there is delivered or pending, never both', () => {
    const arbitraryMember = fc
      .tuple(arbitraryPosition, fc.integer({ min: 0, max: HEAD }))
      .map(([p, joined]) => ({ ...p, joined }));
    fc.assert(
      fc.property(
        fc.array(arbitraryMember, { maxLength: 8 }),
        fc.integer({ min: 1, max: HEAD }),
        (list, seq) => {
          const members = list.map((m, i) => [String(i), m] as const);
          const there = members.filter(([id, m]) => id !== '0' && m.joined < seq);
          const { delivered, read, pending } = whoHas(seq, '0', members);
          expect([...delivered, ...pending].sort()).toEqual(there.map(([id]) => id));
          expect(delivered).toEqual(there.filter(([, m]) => m.delivered >= seq).map(([id]) => id));
          expect(read).toEqual(there.filter(([, m]) => m.read >= seq).map(([id]) => id));
        },
      ),
      RUNS,
    );
  });

  test('R4 a position whose read is ahead of its delivered still counts as delivered', () => {
    const members = [['2', { delivered: 1, read: 6, joined: 0 }]] as const;
    expect(whoHas(5, '1', members)).toEqual({ delivered: ['2'], read: ['2'], pending: [] });
  });
});
