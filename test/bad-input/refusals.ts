import { create, toBinary } from '@bufbuild/protobuf';
import {
  type Ack,
  AckSchema,
  directConversation,
  groupConversation,
  inTopic,
  outTopic,
  type RefusalName,
  refusals as refusalCodes,
  serviceConversation,
} from '@skein/protocol';
import { until } from '@skein/testkit';
import { expect } from 'vitest';
import { call, createGroup } from '../faults/call.ts';
import type { Device } from '../faults/device.ts';
import { type Letter, letterTo, newKey, readAck, serviceLetter } from '../faults/letter.ts';
import type { Case } from './case.ts';
import { burst, listener, mallory, marker, type Stage, victim } from './stage.ts';

interface RefusalCase {
  readonly name: string;
  readonly refusal: RefusalName;
  /** Whose allowance it takes; default: mallory. */
  readonly by?: string;
  /** Brings about the reason, and answers what will be refused for it. */
  readonly send: (stage: Stage, device: Device) => Letter | Promise<Letter>;
  readonly reason?: RegExp;
}

const toListener = directConversation(listener, mallory);
const toFlooded = directConversation('6667', listener);

const table: RefusalCase[] = [
  {
    name: 'not a member of the group',
    refusal: 'NOT_ALLOWED',
    send: async (stage) => {
      const group = await createGroup(stage.server, stage.token(listener), ['3004']);
      return letterTo(group, mallory, marker);
    },
  },
  {
    name: 'a group that does not exist gets the same answer',
    refusal: 'NOT_ALLOWED',
    send: () => letterTo(groupConversation('123456'), mallory, marker),
    reason: /no such conversation, or you are not a member of it/,
  },
  {
    name: 'a direct conversation of two others',
    refusal: 'NOT_ALLOWED',
    send: () => letterTo(directConversation(victim, listener), mallory, marker),
  },
  {
    name: 'somebody else’s topic',
    refusal: 'NOT_ALLOWED',
    send: () => ({ ...letterTo(toListener, mallory, marker), topic: outTopic(victim, 'message') }),
  },
  {
    name: 'a case of somebody else, by no agent',
    refusal: 'NOT_ALLOWED',
    send: () => serviceLetter(serviceConversation(victim, 1), mallory, marker),
  },
  {
    name: 'the agents’ notes, by no agent',
    refusal: 'NOT_ALLOWED',
    send: () =>
      serviceLetter(serviceConversation(mallory, 1), mallory, marker, {
        conversationId: `note:${mallory}:1`,
      }),
  },
  {
    name: 'a required field is missing',
    refusal: 'MALFORMED',
    send: () => {
      const letter = letterTo(toListener, mallory, marker);
      // Field 1 is the key in both.
      const payload = toBinary(AckSchema, create(AckSchema, { clientMessageId: letter.clientMessageId }));
      return { ...letter, payload };
    },
    reason: /required field 2, 3, 4, 5 is missing/,
  },
  {
    name: 'content over 64 KiB',
    refusal: 'TOO_LARGE',
    send: () => letterTo(toListener, mallory, 'x'.repeat(65_537)),
  },
  {
    name: 'extend over 4 KiB',
    refusal: 'TOO_LARGE',
    send: () => letterTo(toListener, mallory, 'x', { extend: 'x'.repeat(4_097) }),
  },
  {
    name: 'a key that was used for something else',
    refusal: 'CONFLICT',
    send: async (_stage, device) => {
      const clientMessageId = newKey();
      const first = letterTo(toListener, mallory, 'the first', { clientMessageId, receiverId: listener });
      expect((await device.publish(first.topic, first.payload)).reasonCode).toBe(0);
      return letterTo(toListener, mallory, 'another', { clientMessageId, receiverId: listener });
    },
  },
  {
    name: 'a group that was deleted',
    refusal: 'CLOSED',
    send: async (stage) => {
      const group = await createGroup(stage.server, stage.token(listener), [mallory]);
      await call(stage.server, stage.token(listener), 'DeleteGroup', { conversationId: group });
      return letterTo(group, mallory, marker);
    },
  },
  {
    name: 'more than the allowance',
    refusal: 'RATE_LIMITED',
    by: '6667',
    send: async (_stage, device) => {
      // In turns of what a client of 3.1.1 may have unanswered, so that each has its Ack.
      for (let sent = 0; sent < burst; sent += 50) {
        const flood = Array.from({ length: 50 }, () => letterTo(toFlooded, '6667', 'flood'));
        await Promise.all(flood.map(({ topic, payload }) => device.publish(topic, payload)));
      }
      return letterTo(toFlooded, '6667', marker);
    },
    reason: /retry after \d+ ms/,
  },
];

/** The table of refusals over real lines. UNAVAILABLE is shown where stores fail and queues are full. */
export const refusals: Case[] = table.flatMap((one) =>
  ([4, 5] as const).map((version) => ({
    name: `${one.refusal}: ${one.name} (MQTT ${version})`,
    run: (stage) => tryOut(stage, one, version),
  })),
);

async function tryOut(stage: Stage, one: RefusalCase, version: 4 | 5): Promise<void> {
  const { refusal, by = mallory, send, reason = /./ } = one;
  const acks: Ack[] = [];
  const device = await stage.connect(by, {
    version,
    onMessage: (packet) => acks.push(readAck(packet)),
  });
  await device.subscribe([inTopic(by, 'ack')]);
  const { topic, payload, clientMessageId } = await send(stage, device);
  const answer = await device.publish(topic, payload);
  const { code, reasonCode } = refusalCodes[refusal];
  if (version === 5) {
    expect(answer.reasonCode).toBe(reasonCode);
    expect(answer.reason).toMatch(new RegExp(`^${refusal}: .*${reason.source}`));
  } else {
    // So that it does not send again for ever; the Ack says no.
    expect(answer.reasonCode).toBe(0);
  }
  const ack = await until(
    () => acks.find((each) => each.clientMessageId === clientMessageId && each.code !== 0),
    {
      what: () => `the Ack of ${clientMessageId} among ${JSON.stringify(acks)}`,
    },
  );
  expect(ack).toMatchObject({ code, reason: expect.stringMatching(reason) });
  await device.leave();
}
