import { inTopic, Notice_Kind } from '@skein/protocol';
import { checkHistory, type HistoryEvent, Random, startSkein, until } from '@skein/testkit';
import { expect, it } from 'vitest';
import { createGroup, readLog } from './call.ts';
import { skein } from './command.ts';
import { Correspondent } from './correspondent.ts';
import { Device, LineLost } from './device.ts';
import { readNotice } from './letter.ts';

const serverShuttingDown = 0x8b;
const users = Array.from({ length: 8 }, (_, index) => String(1001 + index));

it('L1 a server that is told to end under load loses nothing, says so to its clients, and ends', async () => {
  await using server = await startSkein({ env: { SKEIN_LIMITS_SENDS_PER_10S: '0' } });
  const group = await createGroup(server, server.token('1001'), users);
  const history: HistoryEvent[] = [];
  const crowd = users.map((user, index) => {
    const device = { port: server.mqttPort, user, token: server.token(user), clientId: `of ${user}` };
    return new Correspondent({ device, conversations: [group], random: new Random(index), history });
  });
  await Promise.all(crowd.map((each) => each.connect()));
  const notices: (Notice_Kind | undefined)[] = [];
  const listener = await Device.connect({
    port: server.mqttPort,
    user: '1001',
    token: server.token('1001'),
    onMessage: (packet) => notices.push(readNotice(packet).kind),
  });
  await listener.subscribe([inTopic('1001', 'notice')]);
  for (const each of crowd) each.write();
  await until(() => crowd.every(({ acknowledged }) => acknowledged > 20), { what: 'load' });

  const began = performance.now();
  expect(await server.stop()).toBe(0);
  const tookMs = performance.now() - began;
  expect((await listener.ended).reasonCode).toBe(serverShuttingDown);
  expect(notices).toEqual([Notice_Kind.SERVER_GOES_DOWN]);
  expect(tookMs).toBeLessThan(5_000);
  expect(await skein('check', '--data', server.dataDir)).toMatchObject({ code: 0 });

  await server.restart();
  for (const each of crowd) each.rest();
  await Promise.all(crowd.map((each) => each.connect()));
  await until(() => crowd.every(({ outbox }) => outbox.size === 0), { what: 'empty outboxes' });
  const log = await readLog(server, server.token('1001'), group);
  expect(checkHistory(history, log)).toEqual([]);
  await until(() => crowd.every((each) => each.missing(log).length === 0), { what: 'all shown to all' });
  console.info(`ended within ${tookMs.toFixed(0)} ms under load`);
});

it('takes nobody in any more once it was told to end', async () => {
  await using server = await startSkein();
  await server.stop();
  const connecting = Device.connect({ port: server.mqttPort, user: '1', token: server.token('1') });
  await expect(connecting).rejects.toBeInstanceOf(LineLost);
});

it('L1 a second signal ends it at once', async () => {
  await using server = await startSkein();
  const connect = (user: string) =>
    Device.connect({ port: server.mqttPort, user, token: server.token(user) });
  const [guest, sleeper] = await Promise.all([connect('1'), connect('2')]);
  // Who does not take the word of farewell is waited for; so the second signal is in time.
  sleeper.freeze();
  process.kill(server.pid, 'SIGINT');
  await guest.ended;
  // Sends SIGTERM. An end that was gone through to its end is 0.
  expect(await server.stop()).toBe(1);
  sleeper.cut();
});

it('waits no longer than some seconds for who does not take its word of farewell', async () => {
  await using server = await startSkein();
  const sleeper = await Device.connect({ port: server.mqttPort, user: '1', token: server.token('1') });
  sleeper.freeze();
  const began = performance.now();
  expect(await server.stop()).toBe(0);
  expect(performance.now() - began).toBeLessThan(5_000);
  sleeper.cut();
});
