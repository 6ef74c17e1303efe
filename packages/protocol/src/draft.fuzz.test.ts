import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { readDraft } from './draft.ts';
import type { ServiceType } from './gen/skein/v1/enums_pb.js';
import { MessageSchema, ServiceMessageSchema } from './gen/skein/v1/message_pb.js';
import { isRefusal } from './refusals.ts';

/** A small seeded generator (xorshift): the same payloads at every run, and cheap enough for 200,000 of them. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const extremes = ['0', '9007199254740993', '9223372036854775808', '18446744073709551615'];

const seeds = {
  message: toBinary(
    MessageSchema,
    create(MessageSchema, {
      messageId: extremes[3]!,
      senderId: '1001',
      content: 'where is my parcel? 你好 🪿',
      createTime: extremes[1]!,
      receiverId: '1002',
      conversationId: 'dm:1001:1002',
      clientMessageId: extremes[2]!,
      contextSeq: '300',
      messageType: 1,
      extend: '{"a":1}',
      targetSeq: '7',
    }),
  ),
  service: toBinary(
    ServiceMessageSchema,
    create(ServiceMessageSchema, {
      messageId: extremes[3]!,
      userId: '1001',
      serviceType: 100 as ServiceType,
      messageType: 1,
      content: '在吗',
      createDate: '1700000000000',
      direction: 1,
      agentId: '9001',
      postProc: 3,
      toReply: 1,
      extend: '{}',
      conversationId: 'cs:1001:100',
      clientTime: extremes[2]!,
      senderId: '1001',
    }),
  ),
};

/** One to four changes: bits flipped, bytes set to telling values, pieces cut out, doubled, or moved, the end cut off. */
function mutate(seed: Uint8Array, random: (below: number) => number): Uint8Array {
  const telling = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x0a, 0x1a, 0x12, 0x08];
  let bytes = [...seed];
  for (let changes = 1 + random(4); changes > 0 && bytes.length > 0; changes--) {
    const at = random(bytes.length);
    const length = 1 + random(8);
    switch (random(6)) {
      case 0:
        bytes[at]! ^= 1 << random(8);
        break;
      case 1:
        bytes[at] = telling[random(telling.length)]!;
        break;
      case 2:
        bytes.splice(at, length);
        break;
      case 3:
        bytes.splice(at, 0, ...bytes.slice(random(bytes.length)).slice(0, length));
        break;
      case 4:
        bytes.splice(at, 0, ...Array.from({ length }, () => random(256)));
        break;
      default:
        bytes = bytes.slice(0, at);
    }
  }
  return Uint8Array.from(bytes);
}

test.each([
  ['message', MessageSchema],
  ['service', ServiceMessageSchema],
] as const)(
  '100,000 damaged %s payloads: a draft or a refusal, and a draft is what generated code reads',
  (kind, schema) => {
    const random = seeded(0x5ce1);
    let drafts = 0;
    for (let run = 0; run < 100_000; run++) {
      const payload = mutate(seeds[kind], random);
      const result = readDraft(kind, payload);
      if (isRefusal(result)) {
        if (result.refused !== 'MALFORMED') expect.fail(`${result.refused}: ${result.reason}`);
        continue;
      }
      drafts++;
      if (result.contentEnd > payload.length || result.contentStart > result.contentEnd) {
        expect.fail(`content at ${result.contentStart}..${result.contentEnd} of ${payload.length}`);
      }
      // A payload that we store and that a reader cannot read would break every reader of the conversation.
      const seen = fromBinary(schema, payload);
      const peer = seen.$typeName === 'skein.v1.Message' ? seen.receiverId : seen.userId;
      if (peer !== result.peerId)
        expect.fail(`${Buffer.from(payload).toString('hex')}: ${peer} is ${result.peerId}`);
    }
    expect(drafts).toBeGreaterThan(5_000);
    expect(drafts).toBeLessThan(95_000);
  },
);
