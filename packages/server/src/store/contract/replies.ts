import { noteConversation, serviceConversation } from '@skein/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agent, append, person, raise } from './words.ts';
import { type Storage, World } from './world.ts';

const customer = person('1001');
const helper = agent('21');
const service = serviceConversation(customer.userId, 1);
const automatic = 1;
const bot = 2;

export function describeReplies(open: () => Storage): void {
  describe('unreplied', () => {
    let world: World;
    const begin = async (policy?: Parameters<typeof World.open>[1]) => {
      world = await World.open(open(), policy);
      await world.staff(helper);
    };
    beforeEach(() => begin());
    afterEach(() => world.end());

    const reply = async (user = helper) => (await world.listed(user, service))?.reply;
    const waitingSeq = async () => (await reply())?.waiting?.seq;

    it('U1 an entry asks by the policy, or by what it says itself', async () => {
      await world.send(customer, service, { toReply: 0 });
      await world.send(customer, service, { type: 7 });
      expect(await waitingSeq()).toBeUndefined();
      world.now += 1000;
      const asked = await world.send(customer, service, { type: 42, toReply: 1 });
      await world.send(customer, service);
      expect(await reply()).toEqual({ answeredSeq: 0, waiting: { seq: 3, time: asked.entry.time } });
      expect(asked.entry.time).toBe(world.now);
    });

    it('U2 an answer without context_seq answers all before it', async () => {
      await world.send(customer, service);
      await world.send(customer, service);
      await world.send(helper, service);
      expect(await reply()).toEqual({ answeredSeq: 2, waiting: undefined });
    });

    it('U3 a reply that crossed a new question does not hide the question', async () => {
      await world.send(customer, service);
      world.now += 1000;
      const crossing = await world.send(customer, service);
      await world.send(helper, service, { context: 1 });
      expect(await reply()).toEqual({ answeredSeq: 1, waiting: { seq: 2, time: crossing.entry.time } });
      await world.send(helper, service, { context: 3 });
      expect(await waitingSeq()).toBeUndefined();
    });

    it('U2 private notes and events do not answer', async () => {
      await world.send(customer, service);
      await world.send(helper, noteConversation(customer.userId, 1));
      await world.send(helper, service, { type: 7 });
      expect(await waitingSeq()).toBe(1);
    });

    it('U2 automatic replies and bots do not answer, where the policy does not say so', async () => {
      await world.send(customer, service);
      await world.send(helper, service, { postProc: automatic });
      await world.send(helper, service, { postProc: bot });
      expect(await waitingSeq()).toBe(1);
    });

    it('U2 automatic replies and bots answer, where the policy says so', async () => {
      await world.end();
      const reply = { asksByDefault: [1], automaticAnswers: true, botAnswers: true };
      await begin({ reply });
      await world.send(customer, service);
      await world.send(customer, service);
      await world.send(helper, service, { postProc: automatic, context: 1 });
      expect(await waitingSeq()).toBe(2);
      await world.send(helper, service, { postProc: bot });
      expect(await waitingSeq()).toBeUndefined();
    });

    it('U3 a recalled question waits no more, and the next one does', async () => {
      await world.send(customer, service);
      await world.send(customer, service);
      await world.send(customer, service, { type: 8, target: 1 });
      expect(await waitingSeq()).toBe(2);
      await world.send(customer, service, { type: 8, target: 2 });
      expect(await waitingSeq()).toBeUndefined();
    });

    it('U4 the state is the same after reopening, after a crash, and for every member', async () => {
      await world.send(customer, service);
      await world.send(customer, service);
      await world.reopen();
      await world.send(helper, service, { context: 1 });
      await world.crash();
      expect(await waitingSeq()).toBe(2);
      expect(await reply(customer)).toEqual(await reply());
    });

    it('U3 totals and lists name what waits, whatever receipts came between', async () => {
      const other = agent('22');
      await world.staff(other);
      const second = serviceConversation('1002', 1);
      await world.commit(append(customer, service), append(person('1002'), second));
      await world.commit(raise(helper, service, 'read', 1), raise(helper, second, 'delivered', 1));
      for (const user of [helper, other]) {
        const statics = await world.store.unread(user.userId, 10);
        expect(statics.totalUnreplied).toBe(2);
        expect(statics.conversations.map((c) => c.conversationId).sort()).toEqual([service, second]);
      }
      await world.commit(append(other, service), raise(helper, service, 'read', 9));
      expect((await world.store.unread(helper.userId, 10)).totalUnreplied).toBe(1);
      await world.crash();
      expect((await world.store.unread(helper.userId, 10)).totalUnreplied).toBe(1);
      expect((await world.store.unread(customer.userId, 10)).totalUnreplied).toBe(0);
    });
  });
}
