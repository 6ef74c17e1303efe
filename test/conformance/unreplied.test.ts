import type { MessageInitShape } from '@bufbuild/protobuf';
import { defaultReplyPolicy, type EntryFacts, recountReply } from '@skein/chat';
import { ChatService, outTopic, type ServiceMessage, type ServiceMessageSchema } from '@skein/protocol';
import type { Role } from '@skein/testkit';
import { describe, expect, it } from 'vitest';
import { call } from './calls.ts';
import type { Client } from './clients/client.ts';
import { mqttJs } from './clients/mqttjs.ts';
import { paho } from './clients/paho.ts';
import { comes, got, newKey, own, serviceMessage } from './payloads.ts';
import { newUser } from './people.ts';
import { openStage } from './stage.ts';

const stage = openStage();
const { connect, caller } = stage;

type Further = MessageInitShape<typeof ServiceMessageSchema>;

/** A person with a device that hears everything. */
class Person {
  readonly user: string;
  readonly role: Role;
  readonly client: Client;

  private constructor(user: string, role: Role, client: Client) {
    this.user = user;
    this.role = role;
    this.client = client;
  }

  static async join(role: Role, kind = mqttJs('5', 'WebSocket'), user = newUser()): Promise<Person> {
    const subscribe = own(user, ['service', 'ack', 'unread', 'feed']);
    return new Person(user, role, await connect(kind, user, { role, subscribe }));
  }

  /** Answers the entry's number and time. */
  async write(customer: string, content: string, further: Further = {}) {
    const clientMessageId = newKey();
    const payload = serviceMessage(customer, content, { ...further, clientMessageId });
    await this.client.publish(outTopic(this.user, 'service'), payload, 1);
    const ack = await comes(this.client, 'ack', (ack) => ack.clientMessageId === clientMessageId);
    expect(ack).toMatchObject({ code: 0 });
    return { seq: ack.seq, time: ack.createTime };
  }

  /** The conversation as a call lists it. */
  async listed(conversationId: string) {
    const { url, token } = caller(this.user, this.role);
    const { conversations } = await call({ url, token }, ChatService.method.listConversations, {
      limit: 500,
    });
    return conversations.find((each) => each.conversationId === conversationId)!;
  }

  /** Waits until statics and feed have told the same of the conversation at this entry. */
  async told(conversationId: string, lastSeq: string, since: string | undefined) {
    const fits = (each: {
      conversationId: string;
      lastSeq: string;
      unreplied: boolean;
      waitingSince: string;
    }) =>
      each.conversationId === conversationId &&
      each.lastSeq === lastSeq &&
      each.unreplied === (since !== undefined) &&
      (since === undefined || each.waitingSince === since);
    await comes(this.client, 'feed', ({ conversation }) => conversation !== undefined && fits(conversation));
    // What neither waits nor is unread is in no statics.
    await comes(this.client, 'unread', ({ conversations, totalUnreplied }) =>
      since === undefined
        ? !conversations.some((each) => each.conversationId === conversationId && each.unreplied)
        : conversations.some(fits) && Number(totalUnreplied) >= 1,
    );
  }
}

const caseOf = (customer: Person) => `cs:${customer.user}:1`;

/** U4: what the log says, by the same pure function that clients use. */
async function recounted(customer: Person): Promise<string | undefined> {
  const conversationId = caseOf(customer);
  const request = { conversationId, afterSeq: '0', limit: 500 };
  const { entries } = await call(caller(customer.user), ChatService.method.listMessages, request);
  const facts = entries.map(({ body }) => factsOf(body.value as ServiceMessage, customer.user));
  return recountReply(facts, defaultReplyPolicy).waiting?.time.toString();
}

function factsOf(entry: ServiceMessage, customer: string): EntryFacts {
  const { contextSeq, toReply, postProc } = entry;
  return {
    seq: Number(entry.seq),
    senderId: entry.senderId,
    time: Number(entry.createDate),
    messageType: entry.messageType,
    fromCustomer: entry.senderId === customer,
    // What is absent reads as the field's default.
    ...('toReply' in entry && Object.hasOwn(entry, 'toReply') && { toReply }),
    ...(postProc !== 0 && { postProc }),
    ...(contextSeq !== '0' && { contextSeq: Number(contextSeq) }),
  };
}

/** Everybody agrees on since when the case waits; undefined: it does not. */
async function expectWaiting(
  customer: Person,
  agents: readonly Person[],
  lastSeq: string,
  since: string | undefined,
): Promise<void> {
  const conversationId = caseOf(customer);
  for (const person of [customer, ...agents]) {
    await person.told(conversationId, lastSeq, since);
    expect(await person.listed(conversationId)).toMatchObject({
      unreplied: since !== undefined,
      waitingSince: since ?? '0',
      lastSeq,
    });
  }
  expect(await recounted(customer)).toBe(since);
}

describe.each([paho, mqttJs('3.1.1', 'TCP'), mqttJs('5', 'WebSocket')])('$client, MQTT $version', (kind) => {
  it('U2 U3 U4 M10 a reply that crossed a new question does not hide it', async () => {
    const agents = [await Person.join('agent', kind), await Person.join('agent')];
    const customer = await Person.join('customer', kind);
    const [agent] = agents;
    const first = await customer.write(customer.user, 'Is it in stock?');
    await expectWaiting(customer, agents, '1', first.time);
    const second = await customer.write(customer.user, 'And in red?');
    // Written with the first question on the screen, stored after the second.
    await agent!.write(customer.user, 'It is.', { contextSeq: first.seq });
    await expectWaiting(customer, agents, '3', second.time);
    await agent!.write(customer.user, 'In red too.', { contextSeq: '3' });
    await expectWaiting(customer, agents, '4', undefined);
    // Who does not say what was seen answers all before.
    const third = await customer.write(customer.user, 'Thanks! And blue?');
    await expectWaiting(customer, agents, '5', third.time);
    await agents[1]!.write(customer.user, 'Blue too.');
    await expectWaiting(customer, agents, '6', undefined);
  });
});

describe('who asks, and who answers', () => {
  it('U1 to_reply 0 asks for nothing, 1 asks, absent is left to the policy; agents never ask', async () => {
    const agents = [await Person.join('agent')];
    const customer = await Person.join('customer');
    await customer.write(customer.user, 'Just so you know', { toReply: 0 });
    await expectWaiting(customer, agents, '1', undefined);
    // EVENT: the page was opened.
    await customer.write(customer.user, '{}', { messageType: 7, toReply: 1 });
    await expectWaiting(customer, agents, '2', undefined);
    await agents[0]!.write(customer.user, 'May I help?', { toReply: 1 });
    await expectWaiting(customer, agents, '3', undefined);
    // A type of a later version, which no policy knows.
    await customer.write(customer.user, 'poll', { messageType: 200 as 1 });
    await expectWaiting(customer, agents, '4', undefined);
    const asking = await customer.write(customer.user, 'poll', { messageType: 200 as 1, toReply: 1 });
    await expectWaiting(customer, agents, '5', asking.time);
    await customer.write(customer.user, 'picture', { messageType: 2 });
    await expectWaiting(customer, agents, '6', asking.time);
  });

  it('U2 bots and automatic replies do not answer; a bot cannot say that it is none', async () => {
    const agents = [await Person.join('agent')];
    const customer = await Person.join('customer');
    const bot = await Person.join('service');
    const asked = await customer.write(customer.user, 'Anybody there?');
    await agents[0]!.write(customer.user, 'We are closed.', { postProc: 1 });
    await bot.write(customer.user, 'I am a bot.', { postProc: 2 });
    await bot.write(customer.user, 'I am not.', { postProc: 0 });
    await expectWaiting(customer, [...agents, bot], '4', asked.time);
    const heard = await comes(customer.client, 'service', ({ content }) => content === 'I am not.');
    expect(heard).toMatchObject({ postProc: 2, senderId: bot.user, direction: 2 });
    await agents[0]!.write(customer.user, 'I am a person.');
    await expectWaiting(customer, agents, '5', undefined);
  });

  it('U2 N1 A1 notes answer nothing, are read by agents only, and leave no hole in the customer’s numbers', async () => {
    const agents = [await Person.join('agent'), await Person.join('agent')];
    const customer = await Person.join('customer');
    const asked = await customer.write(customer.user, 'Hello?');
    const note = { conversationId: `note:${customer.user}:1` };
    await agents[0]!.write(customer.user, 'A regular.', note);
    expect(
      await comes(agents[1]!.client, 'service', ({ content }) => content === 'A regular.'),
    ).toMatchObject({ ...note, seq: '1', senderId: agents[0]!.user });
    await expectWaiting(customer, agents, '1', asked.time);
    await agents[0]!.write(customer.user, 'Hello!');
    await expectWaiting(customer, agents, '2', undefined);
    expect(got(customer.client, 'service').map(({ content, seq }) => [content, seq])).toEqual([
      ['Hello!', '2'],
    ]);
    await expect(call(caller(customer.user), ChatService.method.listMessages, note)).rejects.toMatchObject({
      status: 403,
    });
    const forged = serviceMessage(customer.user, 'my own note', { ...note, clientMessageId: '77' });
    await customer.client.publish(outTopic(customer.user, 'service'), forged, 1);
    expect(await comes(customer.client, 'ack', (ack) => ack.clientMessageId === '77')).toMatchObject({
      code: 1,
    });
  });

  it('M5 every field of a service message is kept both ways, and what the server knows better is the server’s', async () => {
    const agent = await Person.join('agent');
    const customer = await Person.join('customer');
    const forged = { agentId: agent.user, direction: 2 as const, senderId: agent.user, messageId: '5' };
    await customer.write(customer.user, 'Where is it?', { ...forged, extend: '{"order":"7"}', toReply: 1 });
    const asked = await comes(agent.client, 'service', ({ userId }) => userId === customer.user);
    expect(asked).toMatchObject({
      userId: customer.user,
      senderId: customer.user,
      agentId: '0',
      direction: 1,
      toReply: 1,
      extend: '{"order":"7"}',
      serviceType: 1,
      messageType: 1,
    });
    await agent.write(customer.user, 'On its way.', {
      postProc: 8,
      extend: '{"from":"en"}',
      contextSeq: '1',
    });
    expect(await comes(customer.client, 'service')).toMatchObject({
      userId: customer.user,
      senderId: agent.user,
      agentId: agent.user,
      direction: 2,
      postProc: 8,
      extend: '{"from":"en"}',
    });
  });
});

describe('the waiting list', () => {
  it('M15 U4 L1 changes at once, the longest wait first, and is the same after a crash', async () => {
    const agent = await Person.join('agent');
    const customers = [
      await Person.join('customer'),
      await Person.join('customer'),
      await Person.join('customer'),
    ];
    const times: string[] = [];
    for (const customer of customers) {
      const { time } = await customer.write(customer.user, 'Hello?');
      times.push(time);
      const before = performance.now();
      await agent.told(caseOf(customer), '1', time);
      expect(performance.now() - before).toBeLessThan(1_000);
    }
    const [first, second, third] = customers;
    await second!.write(second!.user, 'Still here');
    await agent.write(first!.user, 'Yes?');
    await expectWaiting(first!, [agent], '2', undefined);
    const waiting = async () => {
      const { url, token } = caller(agent.user, 'agent');
      const { conversations } = await call({ url, token }, ChatService.method.listConversations, {
        limit: 500,
      });
      return conversations
        .filter(
          ({ unreplied, conversationId }) => unreplied && customers.some((c) => caseOf(c) === conversationId),
        )
        .sort((a, b) => Number(a.waitingSince) - Number(b.waitingSince))
        .map(({ conversationId, waitingSince }) => [conversationId, waitingSince]);
    };
    const expected = [
      [caseOf(second!), times[1]],
      [caseOf(third!), times[2]],
    ];
    expect(await waiting()).toEqual(expected);
    await stage.server.kill();
    await stage.server.restart();
    expect(await waiting()).toEqual(expected);
    expect([await recounted(first!), await recounted(second!), await recounted(third!)]).toEqual([
      undefined,
      times[1],
      times[2],
    ]);
    const back = await Person.join('agent', mqttJs('5', 'TCP'), agent.user);
    await back.write(second!.user, 'Yes?');
    await back.told(caseOf(second!), '3', undefined);
    expect(await waiting()).toEqual([expected[1]]);
  });
});
