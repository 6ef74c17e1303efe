import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Draft, draftContent, draftExtend, readMessage, readServiceMessage } from './draft.ts';
import type { MessageType } from './gen/skein/v1/enums_pb.js';
import { MessageSchema, ServiceMessageSchema } from './gen/skein/v1/message_pb.js';
import { maxUint64 } from './ids.ts';
import { maxContentBytes, maxExtendBytes } from './limits.ts';
import { isRefusal, type Refusal } from './refusals.ts';

type MessageInit = MessageInitShape<typeof MessageSchema>;
type ServiceInit = MessageInitShape<typeof ServiceMessageSchema>;

const extremes = [0n, 1n, (1n << 53n) + 1n, 1n << 63n, maxUint64];
const uint64 = fc.oneof(fc.constantFrom(...extremes), fc.bigInt({ min: 0n, max: maxUint64 })).map(String);
const uint31 = fc.integer({ min: 0, max: 0x7fff_ffff });
const text = fc.string({ unit: 'binary', maxLength: 60 });

function optional<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(value, { nil: undefined });
}

/** Drops what is absent: generated code tells `undefined` from missing. */
function present<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
}

const shared = {
  conversationId: optional(fc.constantFrom('dm:1:2', 'group:7', 'cs:1:1', '')),
  seq: optional(uint64),
  clientMessageId: optional(uint64),
  contextSeq: optional(uint64),
  clientTime: optional(uint64),
  targetSeq: optional(uint64),
  extend: optional(text),
};

const anyMessage = fc
  .record({
    messageId: uint64,
    senderId: uint64,
    content: text,
    createTime: uint64,
    receiverId: uint64,
    messageType: optional(uint31),
    ...shared,
  })
  .map((fields) => present(fields) as MessageInit);

const anyServiceMessage = fc
  .record({
    messageId: uint64,
    userId: uint64,
    serviceType: uint31,
    messageType: uint31,
    content: text,
    createDate: uint64,
    direction: uint31,
    agentId: optional(uint64),
    postProc: optional(fc.integer({ min: 0, max: 0xffff_ffff })),
    toReply: optional(fc.integer({ min: 0, max: 0xffff_ffff })),
    senderId: optional(uint64),
    ...shared,
  })
  .map((fields) => present(fields) as ServiceInit);

/** Positions are numbers here; what is beyond 2^53-1 is far beyond any head. */
function position(seq: unknown): number | undefined {
  return seq === undefined ? undefined : Math.min(Number(seq), Number.MAX_SAFE_INTEGER);
}

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

describe('M2 a Message is read as generated code wrote it', () => {
  test('any of them', () => {
    fc.assert(
      fc.property(anyMessage, (init) => {
        const draft = accepted(readMessage(toBinary(MessageSchema, create(MessageSchema, init))));
        expect(draft).toMatchObject({
          kind: 'message',
          clientMessageId: BigInt(init.clientMessageId ?? init.messageId!),
          peerId: init.receiverId,
          conversationId: init.conversationId,
          messageType: init.messageType || 1,
          contextSeq: position(init.contextSeq),
          targetSeq: position(init.targetSeq),
          clientTime: BigInt(init.clientTime ?? init.createTime!),
        });
        expect(draftContent(draft)).toBe(init.content!.toWellFormed());
        expect(draftExtend(draft)).toBe(init.extend?.toWellFormed());
      }),
      { numRuns: 1_000 },
    );
  });

  test.each(extremes)('M4 %s keeps every digit', (value) => {
    const id = value.toString();
    const init = { ...plainMessage, messageId: id, createTime: id, receiverId: id };
    const draft = accepted(readMessage(toBinary(MessageSchema, create(MessageSchema, init))));
    expect(draft.clientMessageId).toBe(value);
    expect(draft.clientTime).toBe(value);
    expect(draft.peerId).toBe(id);
  });

  test('a message that is not given a type is text', () => {
    expect(accepted(readMessage(plain)).messageType).toBe(1);
  });

  test('an unknown message type keeps its number', () => {
    const payload = toBinary(
      MessageSchema,
      create(MessageSchema, { ...plainMessage, messageType: 4711 as MessageType }),
    );
    expect(accepted(readMessage(payload)).messageType).toBe(4711);
  });

  test('no byte of the content is touched, not even a byte order mark', () => {
    const content = '\ufeff<b>\u0000\u202e🪿';
    const payload = toBinary(MessageSchema, create(MessageSchema, { ...plainMessage, content }));
    expect(draftContent(accepted(readMessage(payload)))).toBe(content);
  });
});

describe('M5 a ServiceMessage is read as generated code wrote it', () => {
  test('any of them', () => {
    fc.assert(
      fc.property(anyServiceMessage, (init) => {
        const payload = toBinary(ServiceMessageSchema, create(ServiceMessageSchema, init));
        const draft = accepted(readServiceMessage(payload));
        expect(draft).toMatchObject({
          kind: 'service',
          clientMessageId: BigInt(init.clientMessageId ?? init.messageId!),
          peerId: init.userId,
          serviceType: init.serviceType,
          messageType: init.messageType,
          direction: init.direction,
          agentId: init.agentId ?? '0',
          postProc: init.postProc,
          toReply: init.toReply,
          conversationId: init.conversationId,
          contextSeq: position(init.contextSeq),
          targetSeq: position(init.targetSeq),
          clientTime: BigInt(init.clientTime ?? init.createDate!),
        });
        expect(draftContent(draft)).toBe(init.content!.toWellFormed());
        expect(draftExtend(draft)).toBe(init.extend?.toWellFormed());
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('protobuf as other encoders may write it', () => {
  test('the last value of a field counts, as protobuf has it', () => {
    const again = toBinary(
      MessageSchema,
      create(MessageSchema, { ...plainMessage, messageId: '2', content: 'other', receiverId: '1003' }),
    );
    const draft = accepted(readMessage(bytes(plain, again)));
    expect(draft).toMatchObject({ clientMessageId: 2n, peerId: '1003' });
    expect(draftContent(draft)).toBe('other');
  });

  test('L5 fields of a later version are passed over, whatever they hold', () => {
    const unknown = bytes(
      tag(9, 0),
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
      tag(31, 1),
      [1, 2, 3, 4, 5, 6, 7, 8],
      tag(500, 5),
      [1, 2, 3, 4],
      tag(1000, 2),
      [3, 0xff, 0xfe, 0xfd],
    );
    const draft = accepted(readMessage(bytes(unknown, plain, unknown)));
    expect(draftContent(draft)).toBe('hello');
  });

  test('fields may come in any order', () => {
    const draft = accepted(
      readMessage(bytes(tag(5, 0), 7, tag(4, 0), 8, tag(3, 2), 1, 0x61, tag(2, 0), 9, tag(1, 0), 10)),
    );
    expect(draft).toMatchObject({ peerId: '7', clientTime: 8n, clientMessageId: 10n });
  });

  test('a conversation id that is long or not ASCII is no conversation', () => {
    for (const conversationId of ['dm:1:2'.padEnd(65, '0'), 'dm:１:２']) {
      const draft = accepted(
        readMessage(toBinary(MessageSchema, create(MessageSchema, { ...plainMessage, conversationId }))),
      );
      expect(draft.conversationId).not.toBe('dm:1:2');
      expect(draft.conversationId).toHaveLength(conversationId.length === 65 ? 1 : 10);
    }
  });
});

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
    expect(readMessage(payload)).toMatchObject({ refused: 'MALFORMED' });
  });

  test('a payload cut off anywhere, unless only whole optional fields are gone', () => {
    const full = toBinary(
      MessageSchema,
      create(MessageSchema, { ...plainMessage, content: 'ü'.repeat(9), contextSeq: '300', targetSeq: '300' }),
    );
    const whole = [full.length, full.length - 4, full.length - 8];
    for (let length = 0; length <= full.length; length++) {
      const result = readMessage(full.subarray(0, length));
      expect(isRefusal(result), `${length} of ${full.length} bytes`).toBe(!whole.includes(length));
    }
  });

  test.each([1, 2, 3, 4, 5])('Message without field %d, which is named', (missing) => {
    const parts = [1, 2, 3, 4, 5].filter((field) => field !== missing);
    const payload = bytes(...parts.map((field) => [...tag(field, field === 3 ? 2 : 0), 0]));
    expect(readMessage(payload)).toEqual({
      refused: 'MALFORMED',
      reason: `required field ${missing} is missing`,
    });
  });

  test.each([1, 2, 3, 4, 5, 6, 7])('ServiceMessage without field %d, which is named', (missing) => {
    const parts = [1, 2, 3, 4, 5, 6, 7].filter((field) => field !== missing);
    const payload = bytes(...parts.map((field) => [...tag(field, field === 5 ? 2 : 0), 0]));
    expect(readServiceMessage(payload)).toEqual({
      refused: 'MALFORMED',
      reason: `required field ${missing} is missing`,
    });
  });

  test('a reason never quotes the content', () => {
    for (const [, payload] of cases) {
      const result = readMessage(payload);
      expect(isRefusal(result) && result.reason).not.toContain('hello');
    }
  });
});

describe('what is too large is refused as such', () => {
  const withContent = (length: number) =>
    toBinary(MessageSchema, create(MessageSchema, { ...plainMessage, content: 'x'.repeat(length) }));

  test('content up to the limit, and no byte more', () => {
    expect(accepted(readMessage(withContent(maxContentBytes))).contentEnd).toBeGreaterThan(maxContentBytes);
    expect(readMessage(withContent(maxContentBytes + 1))).toMatchObject({ refused: 'TOO_LARGE' });
    expect(readMessage(withContent(11), 10)).toMatchObject({ refused: 'TOO_LARGE' });
    accepted(readMessage(withContent(10), 10));
  });

  test('extend up to its limit', () => {
    const withExtend = (length: number) =>
      toBinary(MessageSchema, create(MessageSchema, { ...plainMessage, extend: 'x'.repeat(length) }));
    accepted(readMessage(withExtend(maxExtendBytes)));
    expect(readMessage(withExtend(maxExtendBytes + 1))).toMatchObject({ refused: 'TOO_LARGE' });
  });

  test('a payload of fields that nobody knows', () => {
    const payload = bytes(plain, tag(30, 2), [0xf0, 0xff, 0x05], new Uint8Array(0x17ff0));
    expect(readMessage(payload)).toMatchObject({ refused: 'TOO_LARGE' });
  });
});
