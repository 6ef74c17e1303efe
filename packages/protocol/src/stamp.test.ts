import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { draftContent, readDraft } from './draft.ts';
import { MessageSchema, ServiceMessageSchema } from './gen/skein/v1/message_pb.js';
import { maxUint64 } from './ids.ts';
import { isRefusal } from './refusals.ts';
import { type Stamp, stampPayload, withNumber, withoutContent, withoutField } from './stamp.ts';

const extremes = [1n, (1n << 53n) - 1n, 1n << 53n, (1n << 53n) + 1n, 1n << 63n, maxUint64];
const uint64 = fc.oneof(fc.constantFrom(...extremes), fc.bigInt({ min: 1n, max: maxUint64 }));
const text = uint64.map(String);
const safe = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

function anyStamp(kind: Stamp['kind']): fc.Arbitrary<Stamp> {
  return fc.record({
    kind: fc.constant(kind),
    messageId: uint64,
    conversationId: fc.constantFrom('dm:1:2', `dm:${maxUint64 - 1n}:${maxUint64}`, 'cs:1:1'),
    seq: safe,
    senderId: text,
    peerId: text,
    createTime: safe,
    clientMessageId: uint64,
    clientTime: uint64,
  });
}

describe("the server's values win, whatever was forged", () => {
  const forgedMessage = fc.record({
    messageId: text,
    senderId: text,
    content: fc.string({ unit: 'grapheme', maxLength: 300 }),
    createTime: text,
    receiverId: text,
    conversationId: fc.constantFrom('dm:3:4', 'group:1', ''),
    seq: text,
    clientMessageId: text,
    clientTime: text,
    contextSeq: text,
    messageType: fc.integer({ min: 1, max: 0x7fff_ffff }),
    extend: fc.string(),
  });

  test('M4 in a Message, and what is the sender’s own stays byte for byte', () => {
    fc.assert(
      fc.property(forgedMessage, anyStamp('message'), (forged, stamp) => {
        const sent = toBinary(MessageSchema, create(MessageSchema, forged));
        const stamped = stampPayload(sent, stamp);
        expect(stamped.subarray(0, sent.length)).toEqual(sent);
        expect(fromBinary(MessageSchema, stamped)).toMatchObject({
          messageId: stamp.messageId.toString(),
          senderId: stamp.senderId,
          createTime: stamp.createTime.toString(),
          receiverId: stamp.peerId,
          conversationId: stamp.conversationId,
          seq: stamp.seq.toString(),
          clientMessageId: stamp.clientMessageId.toString(),
          clientTime: stamp.clientTime.toString(),
          content: forged.content,
          contextSeq: forged.contextSeq,
          messageType: forged.messageType,
          extend: forged.extend,
        });
      }),
      { numRuns: 500 },
    );
  });

  const forgedService = fc.record({
    messageId: text,
    userId: text,
    serviceType: fc.integer({ min: 1, max: 500 }),
    messageType: fc.integer({ min: 1, max: 500 }),
    content: fc.string({ unit: 'grapheme' }),
    createDate: text,
    direction: fc.integer({ min: 0, max: 3 }),
    agentId: text,
    postProc: fc.nat(),
    toReply: fc.nat(),
    conversationId: fc.constantFrom('cs:3:4', 'note:3:4'),
    seq: text,
    clientMessageId: text,
    clientTime: text,
    senderId: text,
  });

  test('M4 in a ServiceMessage of an agent', () => {
    fc.assert(
      fc.property(forgedService, anyStamp('service'), (forged, stamp) => {
        fc.pre(stamp.senderId !== stamp.peerId);
        const sent = toBinary(ServiceMessageSchema, create(ServiceMessageSchema, forged));
        expect(fromBinary(ServiceMessageSchema, stampPayload(sent, stamp))).toMatchObject({
          messageId: stamp.messageId.toString(),
          userId: stamp.peerId,
          senderId: stamp.senderId,
          agentId: stamp.senderId,
          direction: 2,
          createDate: stamp.createTime.toString(),
          conversationId: stamp.conversationId,
          seq: stamp.seq.toString(),
          clientMessageId: stamp.clientMessageId.toString(),
          clientTime: stamp.clientTime.toString(),
          content: forged.content,
          serviceType: forged.serviceType,
          messageType: forged.messageType,
          postProc: forged.postProc,
          toReply: forged.toReply,
        });
      }),
      { numRuns: 500 },
    );
  });

  test('M5 a customer who claims to be an agent is a customer, and no agent is named', () => {
    fc.assert(
      fc.property(forgedService, anyStamp('service'), (forged, some) => {
        const stamp = { ...some, senderId: some.peerId };
        const sent = withoutField(toBinary(ServiceMessageSchema, create(ServiceMessageSchema, forged)), 8);
        const seen = fromBinary(ServiceMessageSchema, stampPayload(sent, stamp));
        expect(seen).toMatchObject({ direction: 1, userId: stamp.peerId, senderId: stamp.peerId });
        expect(seen.agentId).toBe('0');
        expect(Object.hasOwn(seen, 'agentId')).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  test('I1 a send without a key is given none', () => {
    const sent = toBinary(MessageSchema, create(MessageSchema, plain));
    const seen = fromBinary(MessageSchema, stampPayload(sent, { ...stampOfPlain, clientMessageId: 0n }));
    expect(Object.hasOwn(seen, 'clientMessageId')).toBe(false);
  });

  test('a stamp that fails leaves nothing behind for the next', () => {
    const sent = toBinary(MessageSchema, create(MessageSchema, plain));
    const before = stampPayload(sent, stampOfPlain);
    const broken = { ...stampOfPlain, peerId: 'not a number at all' };
    expect(() => stampPayload(sent, broken)).toThrow(SyntaxError);
    expect(stampPayload(sent, stampOfPlain)).toEqual(before);
  });
});

const plain = { messageId: '1', senderId: '1', content: 'hi', createTime: '1', receiverId: '2' };
const stampOfPlain: Stamp = {
  kind: 'message',
  messageId: 77n,
  conversationId: 'dm:1:2',
  seq: 3,
  senderId: '1',
  peerId: '2',
  createTime: 1_700_000_000_000,
  clientMessageId: 1n,
  clientTime: 1n,
};

/** Field numbers and wire types that hit the schema, with lengths that are small or claim too much. */
const field = fc.tuple(
  fc.oneof(fc.integer({ min: 1, max: 25 }), fc.constantFrom(500, 0x1fff_ffff)),
  fc.integer({ min: 0, max: 7 }),
  fc.uint8Array({ maxLength: 12 }),
);

describe('no payload that is accepted can hide what the server appends', () => {
  test('an id written as bytes, whose inside forges a sender and swallows the rest, is refused', () => {
    const good = toBinary(MessageSchema, create(MessageSchema, plain));
    const room = stampPayload(new Uint8Array(0), stampOfPlain).length;
    const inside = [0x10, 99, 0xa2, 0x1f, room];
    const forged = Uint8Array.from([...good, 0x0a, inside.length, ...inside]);
    // Generated code reads such bytes without complaint, and is deceived: so they never reach it.
    expect(fromBinary(MessageSchema, stampPayload(forged, stampOfPlain)).senderId).toBe('99');
    expect(readDraft('message', forged)).toMatchObject({ refused: 'MALFORMED' });
  });

  test('any fields: what is accepted is read by generated code with our sender, id and seq', () => {
    let seen = 0;
    fc.assert(
      fc.property(fc.array(field, { maxLength: 6 }), fc.boolean(), (fields, first) => {
        const good = toBinary(MessageSchema, create(MessageSchema, plain));
        const extra = fields.flatMap(([no, wireType, value]) => rawField(no, wireType, value));
        const payload = Uint8Array.from(first ? [...extra, ...good] : [...good, ...extra]);
        const draft = readDraft('message', payload);
        if (isRefusal(draft)) return;
        seen++;
        const read = fromBinary(MessageSchema, stampPayload(payload, stampOfPlain));
        expect(read).toMatchObject({ senderId: '1', receiverId: '2', messageId: '77', seq: '3' });
        expect(read.content).toBe(draftContent(draft).replace(/^\ufeff/, ''));
      }),
      { numRuns: 20_000, seed: 20_24 },
    );
    expect(seen).toBeGreaterThan(1_000);
  });
});

function rawField(no: number, wireType: number, value: Uint8Array): number[] {
  const out: number[] = [];
  let tag = no * 8 + wireType;
  for (; tag >= 0x80; tag = Math.floor(tag / 0x80)) out.push((tag % 0x80) | 0x80);
  out.push(tag);
  if (wireType === 2) out.push(value.length);
  return [...out, ...value];
}

describe('withoutField', () => {
  test('takes out every occurrence of one field, and nothing else', () => {
    const agent = (id: string) => ({
      messageId: '1',
      userId: '2',
      serviceType: 1,
      messageType: 1,
      content: 'x',
      createDate: '1',
      direction: 1,
      agentId: id,
    });
    const encode = (id: string) => toBinary(ServiceMessageSchema, create(ServiceMessageSchema, agent(id)));
    const twice = Uint8Array.from([...encode('5'), ...encode(maxUint64.toString())]);
    const read = fromBinary(ServiceMessageSchema, withoutField(twice, 8));
    expect(Object.hasOwn(read, 'agentId')).toBe(false);
    expect(read).toMatchObject({ userId: '2', content: 'x', direction: 1 });
    expect(withoutField(twice, 9)).toEqual(twice);
  });
});

describe('O6 withoutContent', () => {
  test('leaves neither content nor extend, in any occurrence, and a payload that everybody can still read', () => {
    const message = toBinary(
      MessageSchema,
      create(MessageSchema, { ...plain, content: 'secret', extend: '"secret"' }),
    );
    const twice = Uint8Array.from([...message, ...message]);
    const left = withoutContent('message', twice);
    expect(Buffer.from(left).includes('secret')).toBe(false);
    expect(fromBinary(MessageSchema, left)).toMatchObject({ ...plain, content: '', extend: '' });
    expect(isRefusal(readDraft('message', left))).toBe(false);
  });
});

describe('withNumber', () => {
  test('overrules what the payload says', () => {
    const sent = toBinary(MessageSchema, create(MessageSchema, { ...plain, contextSeq: '900' }));
    expect(fromBinary(MessageSchema, withNumber(sent, 19, 5))).toMatchObject({ ...plain, contextSeq: '5' });
  });
});
