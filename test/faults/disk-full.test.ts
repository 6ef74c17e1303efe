import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { directConversation, inTopic, refusals } from '@skein/protocol';
import { checkHistory, type HistoryEvent, startSkein, until } from '@skein/testkit';
import { expect, it } from 'vitest';
import { call, readLog } from './call.ts';
import { skein } from './command.ts';
import { type Answer, Device } from './device.ts';
import { letterTo, readAck } from './letter.ts';

const MiB = 1024 * 1024;

/** A disk of 8 MiB with a third of it taken; disposed of with all that is on it. Undefined where mounting is not allowed. */
function smallDisk() {
  const dir = mkdtempSync(join(tmpdir(), 'skein-disk-'));
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', dir], {
    encoding: 'utf8',
  });
  if (status !== 0) {
    rmdirSync(dir);
    if (process.env.CI === 'true') throw new Error(`no small disk: ${stderr}`);
    console.warn(`NOT RUN: a full disk needs the right to mount one: ${stderr}`);
    return undefined;
  }
  const ballast = join(dir, 'ballast');
  writeFileSync(ballast, Buffer.alloc(2 * MiB));
  return {
    dataDir: join(dir, 'data'),
    makeRoom: () => rmSync(ballast),
    [Symbol.dispose]() {
      spawnSync('umount', ['-l', dir]);
      rmdirSync(dir);
    },
  };
}

it('L1 L2 L3 a full disk refuses as UNAVAILABLE, is still read from, and recovers by itself', async () => {
  using disk = smallDisk();
  if (!disk) return;
  await using server = await startSkein({
    dataDir: disk.dataDir,
    env: { SKEIN_LIMITS_SENDS_PER_10S: '0' },
  });
  const history: HistoryEvent[] = [];
  const conversationId = directConversation('1', '2');
  const token = server.token('1');
  const codes = new Map<string, number>();
  const device = await Device.connect({
    port: server.mqttPort,
    user: '1',
    token,
    onMessage: (packet) => {
      const { clientMessageId, code } = readAck(packet);
      codes.set(clientMessageId, code);
    },
  });
  await device.subscribe([inTopic('1', 'ack')]);
  const connectReader = () => Device.connect({ port: server.mqttPort, user: '2', token: server.token('2') });
  await (await connectReader()).leave();
  const send = async (): Promise<Answer> => {
    const letter = letterTo(conversationId, '1', 'x'.repeat(50_000));
    const key = { conversationId, senderId: '1', clientMessageId: letter.clientMessageId };
    history.push({ ...key, type: 'send', device: '1', content: letter.content });
    const answer = await device.publish(letter.topic, letter.payload);
    const { seq, 'message-id': messageId } = answer.properties;
    if (answer.reasonCode !== 0) history.push({ ...key, type: 'refused' });
    else history.push({ ...key, type: 'acknowledged', seq: Number(seq), messageId: messageId! });
    await until(() => codes.has(letter.clientMessageId), { what: 'the Ack' });
    const code = answer.reasonCode === 0 ? 0 : refusals.UNAVAILABLE.code;
    expect(codes.get(letter.clientMessageId)).toBe(code);
    return answer;
  };
  const sendUntil = async (wanted: number): Promise<Answer> => {
    for (let sent = 0; sent < 1_000; sent += 1) {
      const answer = await send();
      if (answer.reasonCode === wanted) return answer;
    }
    throw new Error(`no answer ${wanted} to a thousand sends`);
  };

  const refused = await sendUntil(refusals.UNAVAILABLE.reasonCode);
  expect(refused.reason).toMatch(/^UNAVAILABLE: .*nothing was stored, try again/);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
  const whileFull = await readLog(server, token, conversationId);
  expect(checkHistory(history, whileFull)).toEqual([]);
  expect(whileFull.length).toBeGreaterThan(10);
  const { statics } = await call<{ statics: { totalUnread?: string } }>(
    server,
    server.token('2'),
    'GetUnread',
    {},
  );
  expect(statics.totalUnread).toBe(String(whileFull.length));
  // Who is known gets in and subscribes. A newcomer would be told to try again: its name and role are to be kept.
  const reader = await connectReader();
  expect(await reader.subscribe([inTopic('2', 'message')])).toEqual([1]);

  disk.makeRoom();
  await sendUntil(0);
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  const log = await readLog(server, token, conversationId);
  expect(checkHistory(history, log)).toEqual([]);
  expect(log.length).toBe(whileFull.length + 1);
  expect(await server.stop()).toBe(0);
  expect(await skein('check', '--data', disk.dataDir)).toMatchObject({ code: 0 });
});
