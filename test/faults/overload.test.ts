import { directConversation, inTopic, refusals } from '@skein/protocol';
import { checkHistory, type HistoryEvent, startSkein, until } from '@skein/testkit';
import { expect, it } from 'vitest';
import { readLog } from './call.ts';
import { Device } from './device.ts';
import { letterTo, readAck } from './letter.ts';

/** Far below what the devices send at once. */
const queuedSends = 40;
const devicesOfEach = 10;
const sends = 60;

it('L2 what the queue cannot take is refused as UNAVAILABLE, and nothing that was acknowledged is lost', async () => {
  await using server = await startSkein({
    env: { SKEIN_LIMITS_SENDS_PER_10S: '0', SKEIN_LIMITS_QUEUED_SENDS: String(queuedSends) },
  });
  const history: HistoryEvent[] = [];
  const refused = { 4: 0, 5: 0 };
  const crowd = [4, 5].flatMap((version) =>
    Array.from({ length: devicesOfEach }, (_, index) => ({
      version: version as 4 | 5,
      user: String(1000 * version + index),
    })),
  );
  await Promise.all(
    crowd.map(async ({ user, version }) => {
      const senderId = user;
      const conversationId = directConversation(user, '1');
      let open = sends;
      const device = await Device.connect({
        port: server.mqttPort,
        user,
        version,
        token: server.token(user),
        onMessage: (packet) => {
          // Everybody gets it, also who was told by PUBACK.
          const { code, clientMessageId, seq, messageId } = readAck(packet);
          const key = { conversationId, senderId, clientMessageId };
          open -= 1;
          if (code === 0) history.push({ ...key, type: 'acknowledged', seq: Number(seq), messageId });
          else {
            expect(code).toBe(refusals.UNAVAILABLE.code);
            history.push({ ...key, type: 'refused' });
            refused[version] += 1;
          }
        },
      });
      await device.subscribe([inTopic(user, 'ack')]);
      const answers = Array.from({ length: sends }, (_, index) => {
        const { topic, payload, clientMessageId, content } = letterTo(conversationId, user, `send ${index}`);
        const key = { conversationId, senderId, clientMessageId };
        history.push({ ...key, type: 'send', device: user, content });
        return device.publish(topic, payload);
      });
      for (const { reasonCode, reason } of await Promise.all(answers)) {
        if (reasonCode === 0) continue;
        expect(reasonCode).toBe(refusals.UNAVAILABLE.reasonCode);
        expect(reason).toMatch(/^UNAVAILABLE: .*try again/);
      }
      await until(() => open === 0, { what: () => `${open} Acks` });
      await device.leave();
    }),
  );
  const logs = await Promise.all(
    crowd.map(({ user }) =>
      readLog(server, server.token(user), directConversation(user, '1')).catch(() => []),
    ),
  );
  expect(checkHistory(history, logs.flat())).toEqual([]);
  const total = crowd.length * sends;
  expect(refused[4]).toBeGreaterThan(0);
  expect(refused[5]).toBeGreaterThan(0);
  expect(logs.flat()).toHaveLength(total - refused[4] - refused[5]);
  console.info(`${total} sends at once: ${refused[4] + refused[5]} refused, the others stored`);
});
