import { inTopic } from '@skein/protocol';
import { startSkein, until } from '@skein/testkit';
import { expect, it } from 'vitest';
import { createGroup } from './call.ts';
import { Device } from './device.ts';
import { letterTo, readDelivery } from './letter.ts';

const clients = 1_000;
/** The largest group, with its owner. */
const groupSize = 499;
const messages = 5;

it(`L1 S2 L6 ${clients} clients whose server was killed are all back and current`, async () => {
  await using server = await startSkein({ env: { SKEIN_LIMITS_SENDS_PER_10S: '0' } });
  const users = Array.from({ length: clients }, (_, index) => String(1_000 + index));
  const groups = await Promise.all(
    Array.from({ length: Math.ceil(clients / groupSize) }, (_, index) =>
      createGroup(server, server.token('1'), users.slice(index * groupSize, (index + 1) * groupSize)),
    ),
  );
  const crowd = users.map((user) => ({ user, token: server.token(user), seen: new Set<number>() }));
  const connect = ({ user, token, seen }: (typeof crowd)[number]) =>
    Device.connect({
      port: server.mqttPort,
      user,
      token,
      clientId: 'phone',
      cleanStart: false,
      sessionExpiryS: 3_600,
      onMessage: (packet) => seen.add(Number(readDelivery(packet).seq)),
    });
  const devices = await Promise.all(crowd.map(connect));
  await Promise.all(devices.map((device) => device.subscribe([inTopic(device.user, 'message')])));

  const writer = await Device.connect({ port: server.mqttPort, user: '1', token: server.token('1') });
  const write = async () => {
    for (const group of groups) {
      for (let sent = 0; sent < messages; sent += 1) {
        const { topic, payload } = letterTo(group, '1', `message ${sent}`);
        expect((await writer.publish(topic, payload)).reasonCode).toBe(0);
      }
    }
  };
  await write();
  await server.kill();
  await Promise.all(devices.map(({ ended }) => ended));
  await server.restart();

  const began = performance.now();
  const back = await Promise.all(crowd.map(connect));
  const backMs = performance.now() - began;
  expect(back.filter(({ connack }) => connack.sessionPresent)).toHaveLength(clients);
  const current = () => crowd.filter(({ seen }) => seen.size === messages).length;
  await until(() => current() === clients, { what: () => `${current()} of ${clients} current` });
  const currentMs = performance.now() - began;
  console.info(`${clients} back in ${backMs.toFixed(0)} ms, current in ${currentMs.toFixed(0)} ms`);
  expect(currentMs).toBeLessThan(10_000);
});
