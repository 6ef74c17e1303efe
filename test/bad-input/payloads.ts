import { directConversation, outTopic, ServiceMessageDirection, serviceConversation } from '@skein/protocol';
import { until } from '@skein/testkit';
import { expect } from 'vitest';
import { call, type EntryJson, readEntries } from '../faults/call.ts';
import { letterTo, newKey, readAck, serviceLetter } from '../faults/letter.ts';
import type { Case } from './case.ts';
import { bytes, varint } from './mqtt-bytes.ts';
import { listener, mallory, marker, type Stage, victim } from './stage.ts';

const refusedAs = { MALFORMED: [0x99, 2], TOO_LARGE: [0x97, 3], CONFLICT: [0x83, 5] } as const;

interface PayloadCase {
  readonly name: string;
  readonly payload: (version: 4 | 5) => Uint8Array;
  /** A refusal; or what must be true of the entry as it is stored for the listener. */
  readonly gets: keyof typeof refusedAs | ((entry: EntryJson) => void);
}

const conversationId = directConversation(listener, mallory);

/** A good message to the listener. */
function good(content: string, further = {}): Uint8Array {
  return letterTo(conversationId, mallory, content, { receiverId: listener, ...further }).payload;
}

const tag = (field: number, wireType: number) => varint(field * 8 + wireType);
const startGroup = bytes(tag(100, 3));
const endGroup = bytes(tag(100, 4));
const times = (count: number, part: Uint8Array) => bytes(...Array.from({ length: count }, () => part));
const text = (field: number, content: Uint8Array) => bytes(tag(field, 2), varint(content.length), content);

/** Whatever it looks like, it comes as it was written. */
const isKept = (content: string) => (entry: EntryJson) => expect(entry.content).toBe(content);

const isMallorys = (entry: EntryJson) => {
  expect(entry.senderId).toBe(mallory);
  expect(entry.conversationId).toBe(conversationId);
  expect(Number(entry.seq)).toBeLessThan(1_000);
  expect(entry.messageId).not.toBe('7');
};

const formats: PayloadCase[] = [
  { name: 'nothing', payload: () => bytes(), gets: 'MALFORMED' },
  {
    name: 'noise',
    payload: () => bytes(Array.from({ length: 300 }, (_, i) => (i * 197 + 91) & 255)),
    gets: 'MALFORMED',
  },
  { name: 'truncated', payload: () => good(marker).subarray(0, -3), gets: 'MALFORMED' },
  {
    name: 'a length beyond the end',
    payload: () => bytes(good(marker), tag(3, 2), 255, 127),
    gets: 'MALFORMED',
  },
  {
    name: 'a varint without end',
    payload: () => bytes(good(marker), tag(50, 0), ...Array<number>(12).fill(255)),
    gets: 'MALFORMED',
  },
  { name: 'field number 0', payload: () => bytes(good(marker), 0, 1), gets: 'MALFORMED' },
  {
    name: 'a wire type that does not exist',
    payload: () => bytes(good(marker), tag(50, 7)),
    gets: 'MALFORMED',
  },
  {
    name: 'a known field in another wire type',
    payload: () => bytes(good(marker), tag(17, 5), 1, 2, 3, 4),
    gets: 'MALFORMED',
  },
  {
    name: 'content not in UTF-8',
    payload: () => bytes(good(marker), text(3, bytes([0xc3, 0x28]))),
    gets: 'MALFORMED',
  },
  {
    name: 'a receiver 0',
    payload: () => letterTo(conversationId, mallory, marker, { receiverId: '0', conversationId: '' }).payload,
    gets: 'MALFORMED',
  },
  { name: 'a group that does not end', payload: () => bytes(good(marker), startGroup), gets: 'MALFORMED' },
  { name: 'an end without its group', payload: () => bytes(good(marker), endGroup), gets: 'MALFORMED' },
  {
    name: 'groups within groups, a thousand deep, without end',
    payload: () => bytes(good(marker), times(1_000, startGroup)),
    gets: 'MALFORMED',
  },
  {
    name: 'a conversation id that is none',
    payload: () => good(marker, { conversationId: '../../etc' }),
    gets: 'MALFORMED',
  },
  {
    name: 'a service conversation in out/message',
    payload: () => good(marker, { conversationId: `cs:${victim}:1` }),
    gets: 'MALFORMED',
  },
  { name: 'a recall of nothing', payload: () => good(marker, { messageType: 8 }), gets: 'MALFORMED' },
  { name: 'content over 64 KiB', payload: () => good('x'.repeat(65_537)), gets: 'TOO_LARGE' },
  {
    name: 'extend over 4 KiB',
    payload: () => good(marker, { extend: 'x'.repeat(4_097) }),
    gets: 'TOO_LARGE',
  },
  {
    name: 'a field of eighty thousand elements',
    payload: () => bytes(good(marker), times(80_000, bytes(tag(60, 0), 1))),
    gets: 'TOO_LARGE',
  },
];

const forgeries: PayloadCase[] = [
  { name: 'a forged sender', payload: () => good('forged', { senderId: victim }), gets: isMallorys },
  { name: 'a forged seq', payload: () => good('forged', { seq: '999999' }), gets: isMallorys },
  {
    name: 'a forged message id and time',
    payload: () => good('forged', { messageId: '7', createTime: '9' }),
    gets: isMallorys,
  },
  {
    name: 'sender and receiver twice',
    payload: () => bytes(good('forged'), tag(2, 0), varint(2002)),
    gets: isMallorys,
  },
  {
    name: 'the largest of all ids',
    payload: (version) => good('forged', { clientMessageId: String(2n ** 64n - BigInt(version)) }),
    gets: isMallorys,
  },
  {
    name: 'unknown fields',
    payload: () => bytes(good('newer'), times(100, bytes(tag(60, 0), 1))),
    gets: isKept('newer'),
  },
  {
    name: 'an unknown message type',
    payload: () => good('newer', { messageType: 77 }),
    gets: isKept('newer'),
  },
];

const texts: PayloadCase[] = [
  ['markup', '<img src=x onerror=alert(1)><script>alert(2)</script>'],
  ['a link that runs', '[click](javascript:alert(1)) javascript:alert(2) data:text/html,<b>'],
  ['bidirectional overrides', '\u202etxt.exe\u202c \u2066\u2067\u2069 \u200f'],
  ['thirty thousand combining marks', `a${'\u0301'.repeat(30_000)}`],
  ['control characters and NUL', '\0\x01\x1b[2J\x7f\u0085\u2028\ufeff\ufffe'],
  ['what looks like SQL', "'; DROP TABLE entries; --"],
  ['what looks like a log line', 'x\n{"level":"fatal","event":"listening"}\n'],
  ['__proto__', '{"__proto__":{"admin":true},"constructor":{"prototype":1}}'],
].map(([name, content]) => ({ name: name!, payload: () => good(content!), gets: isKept(content!) }));

/** What is published to one's own topic, and is wrong, or only looks wrong. */
export const payloads: Case[] = [
  ...[...formats, ...forgeries, ...texts].flatMap((one) =>
    ([4, 5] as const).map((version) => ({
      name: `${one.name} (MQTT ${version})`,
      run: (stage: Stage) => tryOut(stage, one, version),
    })),
  ),
  { name: 'the same key again with other content', run: reuseKey },
  { name: 'a forged agent and direction', run: forgeAgent },
];

async function tryOut(stage: Stage, { payload, gets }: PayloadCase, version: 4 | 5): Promise<void> {
  const codes: number[] = [];
  const device = await stage.connect(mallory, {
    version,
    onMessage: (packet) => codes.push(readAck(packet).code),
  });
  await device.subscribe([`skein/v1/${mallory}/in/ack`]);
  const before = await stored(stage);
  const { reasonCode } = await device.publish(outTopic(mallory, 'message'), payload(version));
  await until(() => codes.length === 1, { what: 'the Ack' });
  const after = await stored(stage);
  if (typeof gets === 'function') {
    expect({ reasonCode, codes, added: after.head - before.head }).toEqual({
      reasonCode: 0,
      codes: [0],
      added: 1,
    });
    gets(after.newest!);
  } else {
    const [refusedReason, code] = refusedAs[gets];
    // A client of 3.1.1 gets its PUBACK all the same; the Ack says no.
    expect({ reasonCode, codes }).toEqual({ reasonCode: version === 5 ? refusedReason : 0, codes: [code] });
    expect(after).toEqual(before);
  }
  await device.leave();
}

interface Stored {
  readonly head: number;
  readonly newest: EntryJson | undefined;
}

async function stored(stage: Stage): Promise<Stored> {
  const { headSeq, entries } = await call<{ headSeq: string; entries?: { message: EntryJson }[] }>(
    stage.server,
    stage.token(listener),
    'ListMessages',
    { conversationId, limit: 1 },
  );
  return { head: Number(headSeq), newest: entries?.[0]?.message };
}

/** I2 */
async function reuseKey(stage: Stage): Promise<void> {
  const device = await stage.connect(mallory);
  const clientMessageId = newKey();
  const publish = (content: string) =>
    device.publish(outTopic(mallory, 'message'), good(content, { clientMessageId }));
  const first = await publish('the first');
  const before = await stored(stage);
  expect((await publish('another')).reasonCode).toBe(refusedAs.CONFLICT[0]);
  expect((await publish('the first')).properties).toEqual(first.properties);
  expect(await stored(stage)).toEqual(before);
  await device.leave();
}

/** Server wins: a customer does not become an agent by saying so. */
async function forgeAgent(stage: Stage): Promise<void> {
  const device = await stage.connect(mallory);
  const ownCase = serviceConversation(mallory, 1);
  const forged = { agentId: victim, senderId: victim, direction: ServiceMessageDirection.AGENT_TO_USER };
  const { topic, payload } = serviceLetter(ownCase, mallory, 'trust me', forged);
  expect((await device.publish(topic, payload)).reasonCode).toBe(0);
  const [entry] = await readEntries(stage.server, stage.token(mallory), ownCase);
  expect(entry).toMatchObject({ senderId: mallory, direction: 'SERVICE_MESSAGE_DIRECTION_USER_TO_AGENT' });
  expect(entry).not.toHaveProperty('agentId');
  await device.leave();
}
