import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { type Draft, readDraft } from './draft.ts';
import { MessageSchema } from './gen/skein/v1/message_pb.js';
import { maxContentBytes, maxExtendBytes } from './limits.ts';
import { isRefusal, type Refusal } from './refusals.ts';

type MessageInit = MessageInitShape<typeof MessageSchema>;

function accepted(result: Draft | Refusal): Draft {
  if (isRefusal(result)) throw new Error(`refused: ${result.refused} ${result.reason}`);
  return result;
}

const plainMessage: MessageInit = {
  messageId: '1',
  senderId: '1001',
  content: 'hello',
  createTime: '1700000000000',
  receiverId: '1002',
};
const plain = toBinary(MessageSchema, create(MessageSchema, plainMessage));

function tag(field: number, wireType: number): number[] {
  const value = (field << 3) | wireType;
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, value >>> 7];
}

function bytes(...parts: (Uint8Array | number[] | number)[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === 'number' ? [part] : [...part])));
}

describe('what is not a payload is refused as MALFORMED', () => {
  const cases: [string, Uint8Array][] = [
    ['nothing at all', bytes()],
    ['a field number of 0', bytes(plain, 0, 0)],
    ['a group', bytes(plain, tag(30, 3), tag(30, 4))],
    ['the end of a group', bytes(plain, tag(30, 4))],
    ['wire type 6', bytes(plain, tag(30, 6), 0)],
    ['wire type 7', bytes(plain, tag(30, 7), 0)],
    ['a varint of eleven bytes', bytes(plain, tag(1, 0), Array(10).fill(0x80), 0)],
    ['a varint of more than 64 bits', bytes(plain, tag(1, 0), Array(9).fill(0x80), 2)],
    ['a tag of more than 32 bits', bytes(plain, [0x88, 0x80, 0x80, 0x80, 0x10], 1)],
    ['a tag in six bytes', bytes(plain, [0x88, 0x80, 0x80, 0x80, 0x80, 0x00], 1)],
    ['a length in six bytes', bytes(plain, tag(30, 2), [0x81, 0x80, 0x80, 0x80, 0x80, 0x00], 1)],
    ['a type in six bytes', bytes(plain, tag(21, 0), [0x81, 0x80, 0x80, 0x80, 0x80, 0x00])],
    ['a negative type', bytes(plain, tag(21, 0), Array(9).fill(0xff), 1)],
    ['a type over 2^31-1', bytes(plain, tag(21, 0), [0x80, 0x80, 0x80, 0x80, 0x08])],
    ['a length beyond the end', bytes(plain, tag(30, 2), 2, 1)],
    ['a claimed length of 2^63', bytes(plain, tag(3, 2), Array(9).fill(0x80), 1)],
    ['an id as bytes', bytes(plain, tag(1, 2), 1, 1)],
    ['an id as fixed64', bytes(plain, tag(2, 1), Array(8).fill(1))],
    ['content as a number', bytes(plain, tag(3, 0), 1)],
    ['a sender as bytes', bytes(plain, tag(2, 2), 0)],
    ['a seq as bytes', bytes(plain, tag(17, 2), 0)],
    ['content that is not UTF-8', bytes(plain, tag(3, 2), 1, 0xff)],
    ['content with a surrogate', bytes(plain, tag(3, 2), 3, [0xed, 0xa0, 0x80])],
    ['content that is not UTF-8, replaced by one that is', bytes(tag(3, 2), 1, 0xff, plain)],
    ['extend that is not UTF-8', bytes(plain, tag(22, 2), 2, [0xc3, 0x28])],
    ['a conversation id that is not UTF-8', bytes(plain, tag(16, 2), 1, 0xff)],
  ];

  test.each(cases)('%s', (_, payload) => {
    expect(readDraft('message', payload)).toMatchObject({ refused: 'MALFORMED' });
  });

  test('a payload cut off anywhere, unless only whole optional fields are gone', () => {
    const full = toBinary(
      MessageSchema,
      create(MessageSchema, { ...plainMessage, content: 'ü'.repeat(9), contextSeq: '300', targetSeq: '300' }),
    );
    const whole = [full.length, full.length - 4, full.length - 8];
    for (let length = 0; length <= full.length; length++) {
      const result = readDraft('message', full.subarray(0, length));
      expect(isRefusal(result), `${length} of ${full.length} bytes`).toBe(!whole.includes(length));
    }
  });

  test.each([1, 2, 3, 4, 5])('Message without field %d, which is named', (missing) => {
    const parts = [1, 2, 3, 4, 5].filter((field) => field !== missing);
    const payload = bytes(...parts.map((field) => [...tag(field, field === 3 ? 2 : 0), 0]));
    expect(readDraft('message', payload)).toEqual({
      refused: 'MALFORMED',
      reason: `required field ${missing} is missing`,
    });
  });

  test.each([1, 2, 3, 4, 5, 6, 7])('ServiceMessage without field %d, which is named', (missing) => {
    const parts = [1, 2, 3, 4, 5, 6, 7].filter((field) => field !== missing);
    const payload = bytes(...parts.map((field) => [...tag(field, field === 5 ? 2 : 0), 0]));
    expect(readDraft('service', payload)).toEqual({
      refused: 'MALFORMED',
      reason: `required field ${missing} is missing`,
    });
  });

  test('a reason never quotes the content', () => {
    for (const [, payload] of cases) {
      const result = readDraft('message', payload);
      expect(isRefusal(result) && result.reason).not.toContain('hello');
    }
  });
});

describe('what is too large is refused as such', () => {
  const withContent = (length: number) =>
    toBinary(MessageSchema, create(MessageSchema, { ...plainMessage, content: 'x'.repeat(length) }));

  test('content up to the limit, and no byte more', () => {
    expect(accepted(readDraft('message', withContent(maxContentBytes))).contentEnd).toBeGreaterThan(
      maxContentBytes,
    );
    expect(readDraft('message', withContent(maxContentBytes + 1))).toMatchObject({ refused: 'TOO_LARGE' });
    expect(readDraft('message', withContent(11), 10)).toMatchObject({ refused: 'TOO_LARGE' });
    accepted(readDraft('message', withContent(10), 10));
  });

  test('extend up to its limit', () => {
    const withExtend = (length: number) =>
      toBinary(MessageSchema, create(MessageSchema, { ...plainMessage, extend: 'x'.repeat(length) }));
    accepted(readDraft('message', withExtend(maxExtendBytes)));
    expect(readDraft('message', withExtend(maxExtendBytes + 1))).toMatchObject({ refused: 'TOO_LARGE' });
  });

  test('a payload of fields that nobody knows', () => {
    const payload = bytes(plain, tag(30, 2), [0xf0, 0xff, 0x05], new Uint8Array(0x17ff0));
    expect(readDraft('message', payload)).toMatchObject({ refused: 'TOO_LARGE' });
  });
});
