import { directConversation, inTopic } from '@skein/protocol';
import { startSkein, until } from '@skein/testkit';
import { expect, it } from 'vitest';
import { Device } from './device.ts';
import { letterTo } from './letter.ts';

/** Connections of one client at once, as a page makes them that tries again too eagerly. */
const rivals = 40;
const rounds = 5;
const takenOver = 0x8e;

it('of many connections of one client at once one remains, and it is handed what comes', async () => {
  await using server = await startSkein({ env: { SKEIN_LIMITS_SENDS_PER_10S: '0' } });
  const sender = await Device.connect({ port: server.mqttPort, user: '2', token: server.token('2') });
  for (let round = 1; round <= rounds; round++) {
    let got = 0;
    const ended = new Map<Device, number>();
    const attempts = Array.from({ length: rivals }, async () => {
      const device = await Device.connect({
        port: server.mqttPort,
        user: '1',
        token: server.token('1'),
        clientId: 'phone',
        cleanStart: false,
        sessionExpiryS: 300,
        onMessage: () => {
          got += 1;
        },
      });
      void device.ended.then(({ reasonCode }) => ended.set(device, reasonCode));
      return device;
    });
    const settled = await Promise.allSettled(attempts);
    const devices = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    await until(() => ended.size === devices.length - 1, { timeoutMs: 10_000 });
    expect([...ended.values()].every((reasonCode) => reasonCode === takenOver)).toBe(true);
    const last = devices.find((device) => !ended.has(device))!;
    await last.subscribe([inTopic('1', 'message')]);
    const { topic, payload } = letterTo(directConversation('1', '2'), '2', `round ${round}`);
    await sender.publish(topic, payload);
    await until(() => got === 1, { timeoutMs: 10_000 });
  }
});
