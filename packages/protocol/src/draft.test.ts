import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Draft, draftContent, draftExtend, readDraft } from './draft.ts';
import type { MessageType } from './gen/skein/v1/enums_pb.js';
import { MessageSchema, ServiceMessageSchema } from './gen/skein/v1/message_pb.js';
import { maxUint64 } from './ids.ts';
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
        const draft = accepted(readDraft('message', toBinary(MessageSchema, create(MessageSchema, init))));
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
    const draft = accepted(readDraft('message', toBinary(MessageSchema, create(MessageSchema, init))));
    expect(draft.clientMessageId).toBe(value);
    expect(draft.clientTime).toBe(value);
    expect(draft.peerId).toBe(id);
  });

  test('a message that is not given a type is text', () => {
    expect(accepted(readDraft('message', plain)).messageType).toBe(1);
  });

  test('an unknown message type keeps its number', () => {
    const payload = toBinary(
      MessageSchema,
      create(MessageSchema, { ...plainMessage, messageType: 4711 as MessageType }),
    );
    expect(accepted(readDraft('message', payload)).messageType).toBe(4711);
  });

  test('no byte of the content is touched, not even a byte order mark', () => {
    const content = '\ufeff<b>\u0000\u202e🪿';
    const payload = toBinary(MessageSchema, create(MessageSchema, { ...plainMessage, content }));
    expect(draftContent(accepted(readDraft('message', payload)))).toBe(content);
  });
});

describe('M5 a ServiceMessage is read as generated code wrote it', () => {
  test('any of them', () => {
    fc.assert(
      fc.property(anyServiceMessage, (init) => {
        const payload = toBinary(ServiceMessageSchema, create(ServiceMessageSchema, init));
        const draft = accepted(readDraft('service', payload));
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
    const draft = accepted(readDraft('message', bytes(plain, again)));
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
    const draft = accepted(readDraft('message', bytes(unknown, plain, unknown)));
    expect(draftContent(draft)).toBe('hello');
  });

  test('fields may come in any order', () => {
    const draft = accepted(
      readDraft(
        'message',
        bytes(tag(5, 0), 7, tag(4, 0), 8, tag(3, 2), 1, 0x61, tag(2, 0), 9, tag(1, 0), 10),
      ),
    );
    expect(draft).toMatchObject({ peerId: '7', clientTime: 8n, clientMessageId: 10n });
  });

  test('a conversation id that is long or not ASCII is no conversation', () => {
    for (const conversationId of ['dm:1:2'.padEnd(65, '0'), 'dm:１:２']) {
      const draft = accepted(
        readDraft(
          'message',
          toBinary(MessageSchema, create(MessageSchema, { ...plainMessage, conversationId })),
        ),
      );
      expect(draft.conversationId).not.toBe('dm:1:2');
      expect(draft.conversationId).toHaveLength(conversationId.length === 65 ? 1 : 10);
    }
  });
});
