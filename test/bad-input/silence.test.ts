import { until } from '@skein/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { skein } from '../faults/command.ts';
import { letterTo } from '../faults/letter.ts';
import { bytes, connect, packet, subscribe } from './mqtt-bytes.ts';
import { RawLine } from './raw-line.ts';
import { listener, mallory, Stage } from './stage.ts';
import { frame, upgraded } from './websocket.ts';

const notAuthorized = 0x87;
const keepAliveTimeout = 0x8d;

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.set();
});
afterEach(async () => {
  await stage.isWell();
  await stage[Symbol.asyncDispose]();
});

const good = (keepAliveS = 0) =>
  connect({ version: 5, user: mallory, token: stage.token(mallory), keepAliveS });

describe('who says nothing, or not all', () => {
  it('is cut off within some seconds when no CONNECT comes, or half of one', async () => {
    const began = performance.now();
    const lines = [
      new RawLine(stage.server.mqttPort),
      new RawLine(stage.server.mqttPort).say(bytes(0x10, 0xff, 0x7f, 1, 2, 3)),
      new RawLine(stage.server.mqttPort).say(good().subarray(0, -1)),
      await upgraded(stage),
    ];
    await Promise.all(lines.map((line) => line.end()));
    expect(performance.now() - began).toBeGreaterThan(4_000);
    expect(performance.now() - began).toBeLessThan(8_000);
  });

  it('is cut off after its keep-alive when the rest of a packet does not come', async () => {
    const line = new RawLine(stage.server.mqttPort).say(good(1));
    await line.packet('connack', 5);
    line.say(packet(0x30, 0, 1, 0x61, 0, 1, 2, 3).subarray(0, 4));
    expect(await line.packet('disconnect', 5)).toMatchObject({ reasonCode: keepAliveTimeout });
    await line.end();
  });

  it('L2 is cut off when it subscribes over WebSocket and never reads', async () => {
    const line = await upgraded(stage);
    line.say(frame(0x82, good()), frame(0x82, subscribe(5, `skein/v1/${mallory}/in/#`)));
    await until(() => line.heard.includes(0x90), { what: 'SUBACK' });
    line.pause();
    const friend = await stage.connect(listener);
    const isStalled = () => stage.server.output.includes('"event":"stalled"');
    // What the kernel holds is no more than some MB.
    for (let sent = 0; !isStalled() && sent < 300; sent += 1) {
      const conversationId = `dm:${listener}:${mallory}`;
      const { topic, payload } = letterTo(conversationId, listener, 'x'.repeat(60_000), {
        receiverId: mallory,
      });
      expect((await friend.publish(topic, payload)).reasonCode).toBe(0);
    }
    await until(isStalled, { what: 'the end of the stalled one' });
    await friend.leave();
    line.close();
  });
});

describe('A1 whose right to be here ends', () => {
  it('A1 is gone within a second of the token’s expiry', async () => {
    const token = stage.token(mallory, { ttlS: 2 });
    const expiresAt = 1_000 * (JSON.parse(atob(token.split('.')[1]!)) as { exp: number }).exp;
    const device = await stage.connect(mallory, { token });
    expect(await device.ended).toMatchObject({ cause: 'server', reasonCode: notAuthorized });
    expect(Date.now() - expiresAt).toBeGreaterThanOrEqual(0);
    expect(Date.now() - expiresAt).toBeLessThan(1_000);
  });

  it('A1 is gone within five seconds of the revocation, and does not come back', async () => {
    const device = await stage.connect(mallory);
    const token = stage.token(mallory);
    expect(await skein('token', '--revoke', mallory, '--data', stage.server.dataDir)).toMatchObject({
      code: 0,
    });
    const revoked = performance.now();
    expect(await device.ended).toMatchObject({ cause: 'server', reasonCode: notAuthorized });
    expect(performance.now() - revoked).toBeLessThan(5_000);
    await expect(stage.connect(mallory, { token })).rejects.toMatchObject({
      close: { cause: 'refused', reasonCode: notAuthorized },
    });
  });
});
