import { ChatService, type Entry, outTopic } from '@skein/protocol';
import { describe, expect, it } from 'vitest';
import { type Caller, call } from './calls.ts';
import { mqttJs } from './clients/mqttjs.ts';
import { paho } from './clients/paho.ts';
import { comes, message, own, serviceMessage } from './payloads.ts';
import { openStage } from './stage.ts';

const stage = openStage();
const { connect, caller } = stage;

/** Beyond what a JavaScript number keeps, beyond what a signed 64-bit number holds, and the last of all. */
const ids = {
  user: (2n ** 53n + 1n).toString(),
  agent: (2n ** 63n).toString(),
  peer: (2n ** 64n - 1n).toString(),
};
const keys = Object.values(ids);

const body = ({ body }: Entry) => body.value;

/** A conversation's log, read in both forms. */
async function log(reader: Caller, conversationId: string) {
  const request = { conversationId, afterSeq: '0' };
  const json = await call({ ...reader, form: 'json' }, ChatService.method.listMessages, request);
  const binary = await call({ ...reader, form: 'binary' }, ChatService.method.listMessages, request);
  expect(binary).toEqual(json);
  return json.entries.map(body);
}

describe.each([paho, mqttJs('3.1.1', 'WebSocket'), mqttJs('5', 'TCP')])(
  'M4 $client, MQTT $version',
  (kind) => {
    it('2^53+1, 2^63 and 2^64-1 stay what they are: as users, as clients’ ids, in Ack, log, lists and after a restart', async () => {
      const { user, peer } = ids;
      const conversationId = `dm:${user}:${peer}`;
      const sender = await connect(kind, user, { subscribe: own(user, ['ack', 'receipt']) });
      const receiver = await connect(kind, peer, { subscribe: own(peer, ['message', 'unread', 'feed']) });
      const before = await log(caller(peer), conversationId).catch(() => []);
      for (const key of keys) {
        // The kinds send in turn to one conversation: each with keys of its own that have all bits in use.
        const clientMessageId = (BigInt(key) - BigInt(before.length)).toString();
        await sender.publish(outTopic(user, 'message'), message(user, peer, key, { clientMessageId }), 1);
        const ack = await comes(sender, 'ack', (ack) => ack.clientMessageId === clientMessageId);
        expect(ack).toMatchObject({ code: 0, conversationId });
        const numbers = { messageId: ack.messageId, clientMessageId, senderId: user, receiverId: peer };
        expect(
          await comes(receiver, 'message', (entry) => entry.clientMessageId === clientMessageId),
        ).toMatchObject({ ...numbers, content: key, conversationId });
        expect((await log(caller(user), conversationId)).at(-1)).toMatchObject(numbers);
      }
      await comes(receiver, 'unread', (statics) => statics.userId === peer);
      await comes(receiver, 'feed', ({ feed, conversation }) => {
        return feed === `user:${peer}` && conversation?.conversationId === conversationId;
      });
      const { members } = await call(caller(user), ChatService.method.getPositions, { conversationId });
      expect(members.map(({ userId }) => userId).sort()).toEqual([user, peer].sort());
      const stored = await log(caller(user), conversationId);
      await stage.server.restart();
      expect(await log(caller(user), conversationId)).toEqual(stored);
      expect(stored).toHaveLength(before.length + keys.length);
    });
  },
);

describe('M4 groups and service', () => {
  it('an agent, a customer and members with such ids', async () => {
    const { user: customer, agent, peer } = ids;
    const kind = mqttJs('5', 'WebSocket');
    const desk = await connect(kind, agent, { role: 'agent', subscribe: own(agent, ['service', 'ack']) });
    const shop = await connect(kind, customer, { subscribe: own(customer, ['service', 'message']) });
    await shop.publish(outTopic(customer, 'service'), serviceMessage(customer, 'in the shop'), 1);
    expect(await comes(desk, 'service')).toMatchObject({ userId: customer, senderId: customer });
    const answer = serviceMessage(customer, 'at the desk', { agentId: peer, contextSeq: '1' });
    await desk.publish(outTopic(agent, 'service'), answer, 1);
    const conversationId = `cs:${customer}:1`;
    // Server wins: the agent is who sent it.
    expect(await comes(shop, 'service')).toMatchObject({
      conversationId,
      userId: customer,
      agentId: agent,
      senderId: agent,
      contextSeq: '1',
    });
    expect(await log(caller(customer), conversationId)).toMatchObject([
      { senderId: customer },
      { senderId: agent, agentId: agent },
    ]);
    const group = { name: 'Large numbers', memberIds: [customer, peer] };
    const form = 'binary';
    const made = await call({ ...caller(agent, 'agent'), form }, ChatService.method.createGroup, group);
    const inGroup = message(agent, made.groupId, 'to all', { conversationId: made.conversationId });
    await desk.publish(outTopic(agent, 'message'), inGroup, 1);
    expect(await comes(shop, 'message')).toMatchObject({ senderId: agent, receiverId: made.groupId });
    const { members } = await call(caller(peer), ChatService.method.listMembers, {
      conversationId: made.conversationId,
    });
    expect(members.map(({ userId }) => userId).sort()).toEqual([customer, agent, peer].sort());
  });
});
