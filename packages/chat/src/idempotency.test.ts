import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Content, repeatOf } from './idempotency.ts';

const arbitraryContent: fc.Arbitrary<Content> = fc.record(
  {
    content: fc.constantFrom('', 'a', 'b'),
    messageType: fc.constantFrom(1, 2),
    targetSeq: fc.constantFrom(0, 1),
    toReply: fc.constantFrom(0, 1),
    extend: fc.constantFrom('', '{}'),
  },
  { requiredKeys: ['content', 'messageType'] },
);

const sent: Content = { content: 'a', messageType: 1, targetSeq: 3, toReply: 1, extend: '{"a":1}' };

test('I2 the same content again is a retry', () => {
  expect(repeatOf(sent, { ...sent })).toBe('same');
});

test('I2 a retry may carry other times and another context_seq', () => {
  const again = { ...sent, clientTime: 2, contextSeq: 9 };
  expect(repeatOf({ ...sent, clientTime: 1, contextSeq: 3 } as Content, again)).toBe('same');
});

test.each<Partial<Content>>([
  { content: 'A' },
  { messageType: 2 },
  { targetSeq: 4 },
  { toReply: 0 },
  { extend: '{"a": 1}' },
])('I2 the same key with %o is a conflict', (other) => {
  expect(repeatOf(sent, { ...sent, ...other })).toBe('conflict');
});

test.each<Partial<Content>>([{ targetSeq: 0 }, { toReply: 0 }, { extend: '' }])(
  'I2 an absent field differs from %o',
  (zero) => {
    const absent: Content = { content: 'a', messageType: 1 };
    expect(repeatOf(absent, { ...absent, ...zero })).toBe('conflict');
    expect(repeatOf({ ...absent, ...zero }, absent)).toBe('conflict');
  },
);

test('I2 a repeat is the same exactly when every field of the content is', () => {
  const fields = (c: Content) => JSON.stringify([c.content, c.messageType, c.targetSeq, c.toReply, c.extend]);
  fc.assert(
    fc.property(arbitraryContent, arbitraryContent, (a, b) => {
      expect(repeatOf(a, b)).toBe(fields(a) === fields(b) ? 'same' : 'conflict');
      expect(repeatOf(a, a)).toBe('same');
    }),
  );
});
