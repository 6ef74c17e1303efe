import { fromBinary } from '@bufbuild/protobuf';
import { MessageSchema, outTopic } from '@skein/protocol';
import { BadLine, until, without } from '@skein/testkit';
import { describe, expect, it } from 'vitest';
import { allKinds } from './clients/kinds.ts';
import { mqttJs } from './clients/mqttjs.ts';
import { come, comes, got, message, newKey, own } from './payloads.ts';
import { newUser } from './people.ts';
import { openBrowser, openStage } from './stage.ts';

// Ended after the stage's clients, of which some live in it.
const browser = openBrowser();
const stage = openStage();
const { connect, portOf } = stage;

const kinds = allKinds(browser);
const table = kinds.map((kind) => ({ ...kind, kind }));

/** A client whose answers can all be seen, for the other side. */
const witness = mqttJs('5', 'WebSocket');

describe.skipIf(without('chromium', 'mosquitto_pub', 'mosquitto_sub'))('stock clients', () => {
  describe.each(table)('$client, MQTT $version over $transport', ({ kind }) => {
    const { version } = kind;
    const shownReasons = kind.client === 'MQTT.js' && version === '5';

    it('connects with its token, and is refused with a wrong one, an expired one, and one of somebody else', async () => {
      const user = newUser();
      const notAuthorized = { code: version === '5' ? 0x87 : 5 };
      await connect(kind, user);
      const token = stage.server.token(user);
      const refused = [
        `${token.slice(0, -4)}AAAA`,
        'no token at all',
        stage.server.token(user, 'customer', { ttlS: -1 }),
        stage.server.token(newUser()),
      ];
      for (const wrong of refused) {
        await expect(connect(kind, user, { token: wrong })).rejects.toMatchObject(notAuthorized);
      }
    });

    it('A1 may subscribe to its own topics and to nobody else’s', async () => {
      const user = newUser();
      const other = newUser();
      const filters = [
        `skein/v1/${user}/in/message`,
        `skein/v1/${user}/in/#`,
        `skein/v1/${user}/in/+`,
        `skein/v1/${other}/in/message`,
        'skein/v1/+/in/message',
        '#',
        `skein/v1/${user}/out/message`,
      ];
      const subscribe = filters.map((filter) => ({ filter, qos: 1 as const }));
      const { granted } = await connect(kind, user, { subscribe });
      const no = version === '5' ? 0x87 : 0x80;
      expect(granted).toEqual([1, 1, 1, no, no, no, no]);
    });

    it('is granted QoS 0 and 1; where it asks for 2 it gets 1', async () => {
      const user = newUser();
      for (const [asked, granted] of [
        [0, 0],
        [1, 1],
        [2, 1],
      ] as const) {
        const client = await connect(kind, user, { subscribe: own(user, ['message'], asked) });
        expect(client.granted).toEqual([granted]);
      }
    });

    it('sends with QoS 0, 1 and 2, is told the numbers, and receives with QoS 0 and 1', async () => {
      const [alice, bob] = [newUser(), newUser()];
      const sender = await connect(kind, alice, { subscribe: own(alice, ['ack']) });
      const receivers = [
        await connect(kind, bob, { subscribe: own(bob, ['message'], 0) }),
        await connect(kind, bob, { subscribe: own(bob, ['message'], 1) }),
      ];
      const keys = [newKey(), newKey(), newKey()];
      for (const qos of [0, 1, 2] as const) {
        const content = `with QoS ${qos}: 你好 🪿`;
        const payload = message(alice, bob, content, { messageId: keys[qos]!, extend: '{"a":1}' });
        const answer = await sender.publish(outTopic(alice, 'message'), payload, qos);
        const ack = await comes(sender, 'ack', ({ clientMessageId }) => clientMessageId === keys[qos]);
        expect(ack).toMatchObject({ code: 0, conversationId: `dm:${alice}:${bob}`, seq: String(qos + 1) });
        expect(Math.abs(Number(ack.createTime) - Date.now())).toBeLessThan(10_000);
        if (shownReasons && qos > 0) {
          expect(answer).toEqual({
            reasonCode: 0,
            userProperties: {
              'message-id': ack.messageId,
              seq: ack.seq,
              'conversation-id': ack.conversationId,
              'create-time': ack.createTime,
            },
          });
        }
        for (const receiver of receivers) {
          const entry = await comes(receiver, 'message', ({ seq }) => seq === ack.seq);
          expect(entry).toMatchObject({
            messageId: ack.messageId,
            senderId: alice,
            receiverId: bob,
            content,
            createTime: ack.createTime,
            conversationId: ack.conversationId,
            clientMessageId: keys[qos],
            clientTime: '1',
            extend: '{"a":1}',
          });
        }
      }
      expect(receivers.map(({ arrived }) => arrived.map(({ qos, dup }) => ({ qos, dup })))).toEqual([
        Array(3).fill({ qos: 0, dup: false }),
        Array(3).fill({ qos: 1, dup: false }),
      ]);
    });

    it('I1 I2 a key sent again gets the first numbers, with other content a conflict', async () => {
      const [alice, bob] = [newUser(), newUser()];
      const sender = await connect(kind, alice, { subscribe: own(alice, ['ack']) });
      const receiver = await connect(witness, bob, { subscribe: own(bob, ['message']) });
      const first = message(alice, bob, 'once');
      const { messageId } = fromBinary(MessageSchema, first);
      const topic = outTopic(alice, 'message');
      await sender.publish(topic, first, 1);
      await sender.publish(topic, first, 1);
      const conflict = await sender.publish(topic, message(alice, bob, 'other', { messageId }), 1);
      if (version === '5') expect(conflict.reasonCode).toBe(0x83);
      await sender.publish(topic, message(alice, bob, 'last'), 1);
      const [one, again, refused] = await come(sender, 'ack', 4);
      expect(again).toEqual(one);
      expect(refused).toMatchObject({ code: 5, clientMessageId: messageId, messageId: '0' });
      const entries = await come(receiver, 'message', 2);
      expect(entries.map(({ content, seq }) => [content, seq])).toEqual([
        ['once', '1'],
        ['last', '2'],
      ]);
    });

    it('A1 A2 is refused where it may not write: told by PUBACK in MQTT 5, by Ack in each version', async () => {
      const [alice, bob, carol] = [newUser(), newUser(), newUser()];
      const sender = await connect(kind, alice, { subscribe: own(alice, ['ack']) });
      const victim = await connect(witness, bob, { subscribe: own(bob, ['message', 'service', 'ack']) });
      const refusals = [
        { topic: outTopic(bob, 'message'), payload: message(bob, carol, 'forged') },
        { topic: `skein/v1/${bob}/in/message`, payload: message(alice, bob, 'past the log') },
        { topic: 'somewhere/else', payload: message(alice, bob, 'lost') },
        {
          topic: outTopic(alice, 'message'),
          payload: message(alice, bob, 'in no group', { conversationId: 'group:1' }),
        },
        {
          topic: outTopic(alice, 'message'),
          payload: message(alice, bob, 'eavesdropping', { conversationId: `dm:${bob}:${carol}` }),
        },
      ];
      for (const { topic, payload } of refusals) {
        const { messageId } = fromBinary(MessageSchema, payload);
        const { reasonCode } = await sender.publish(topic, payload, 1);
        if (version === '5') expect(reasonCode, topic).toBe(0x87);
        const ack = await comes(sender, 'ack', ({ clientMessageId }) => clientMessageId === messageId);
        expect(ack, topic).toMatchObject({ code: 1, seq: '0', messageId: '0' });
        expect(ack.reason).not.toBe('');
      }
      await sender.publish(outTopic(alice, 'message'), Uint8Array.of(0xff, 0xff), 1);
      await comes(sender, 'ack', ({ code }) => code === 2);
      // The line is still good, and nothing of what was refused has come.
      await sender.publish(outTopic(alice, 'message'), message(alice, bob, 'allowed'), 1);
      await come(victim, 'message', 1);
      expect(got(victim, 'message').map(({ content }) => content)).toEqual(['allowed']);
      expect(got(victim, 'ack')).toEqual([]);
      expect(sender.ended).toBeUndefined();
    });

    it('A1 has its will published when its line breaks, not when it says goodbye, and only to its own topic', async () => {
      const [alice, bob] = [newUser(), newUser()];
      const receiver = await connect(witness, bob, { subscribe: own(bob, ['message']) });
      const willOf = (text: string) => ({
        topic: outTopic(alice, 'message'),
        payload: message(alice, bob, text),
        qos: 1 as const,
      });
      const polite = await connect(kind, alice, { will: willOf('goodbye') });
      await polite.end();
      await using line = await BadLine.to({ port: portOf(kind) });
      const cut = await connect(kind, alice, { port: line.port, will: willOf('my line broke') });
      line.cut();
      await until(() => cut.ended, { changes: cut.changes, what: 'the end of the line' });
      await comes(receiver, 'message', ({ content }) => content === 'my line broke');
      // mosquitto's goodbye in MQTT 5 asks for the will: DISCONNECT with reason code 4.
      const byGoodbye = kind.client === 'mosquitto' && version === '5' ? ['goodbye'] : [];
      expect(got(receiver, 'message').map(({ content }) => content)).toEqual([...byGoodbye, 'my line broke']);
      const foreign = { ...willOf('forged'), topic: outTopic(bob, 'message') };
      await expect(connect(kind, alice, { will: foreign })).rejects.toMatchObject({
        code: version === '5' ? 0x87 : 5,
      });
    });

    it('A1 is taken over by the same client id of its own user, and by nobody else’s', async () => {
      const [alice, mallory] = [newUser(), newUser()];
      const clientId = `shared-${newUser()}`;
      const first = await connect(kind, alice, { clientId, subscribe: own(alice, ['notice', 'message']) });
      const stranger = await connect(kind, mallory, { clientId });
      await first.publish(outTopic(alice, 'message'), message(alice, mallory, 'still here'), 1);
      expect(first.ended).toBeUndefined();
      const second = await connect(kind, alice, { clientId });
      await comes(first, 'notice', ({ kind }) => kind === 3);
      const ending = await until(() => first.ended, { changes: first.changes, what: 'the takeover' });
      if (version === '5') expect(ending.reasonCode).toBe(0x8e);
      await second.publish(outTopic(alice, 'message'), message(alice, mallory, 'I am the one'), 1);
      expect([stranger.ended, second.ended]).toEqual([undefined, undefined]);
    });
  });

  it('every client reaches every other', async () => {
    const people = await Promise.all(
      kinds.map(async (kind) => {
        const user = newUser();
        return { user, kind, client: await connect(kind, user, { subscribe: own(user, ['message']) }) };
      }),
    );
    await Promise.all(
      people.map(async ({ user, client }) => {
        for (const other of people) {
          if (other.user === user) continue;
          await client.publish(outTopic(user, 'message'), message(user, other.user, `from ${user}`), 1);
        }
      }),
    );
    for (const { user, client } of people) {
      await come(client, 'message', people.length - 1, ({ senderId }) => senderId !== user);
      const senders = got(client, 'message').map(({ senderId }) => senderId);
      expect(new Set(senders.filter((sender) => sender !== user)).size).toBe(people.length - 1);
    }
  });

  it.concurrent.each(table)(
    '$client, MQTT $version over $transport, is closed one and a half keep-alives after it fell silent',
    async ({ kind }) => {
      const [alice, bob] = [newUser(), newUser()];
      // mosquitto_sub takes 5 seconds at least.
      const keepAliveS = kind.client === 'mosquitto' ? 5 : 1;
      const receiver = await connect(witness, bob, { subscribe: own(bob, ['message']) });
      await using line = await BadLine.to({ port: portOf(kind) });
      const payload = message(alice, bob, 'gone without a word');
      const will = { topic: outTopic(alice, 'message'), payload, qos: 1 as const };
      const silent = await connect(kind, alice, { port: line.port, keepAliveS, will });
      const before = performance.now();
      line.halfOpen();
      await come(receiver, 'message', 1);
      const tookS = (performance.now() - before) / 1_000;
      expect(tookS).toBeGreaterThan(keepAliveS * 1.4);
      expect(tookS).toBeLessThan(keepAliveS * 1.5 + 1);
      await until(() => silent.ended, { changes: silent.changes, what: 'the end of the line' });
    },
  );
});
