import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { PacketReader, PacketWriter, type ProtocolVersion } from '@skein/mqtt';
import { directConversation, inTopic, outTopic } from '@skein/protocol';
import { startSkein, until } from '@skein/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Device } from './device.ts';
import { letterTo } from './letter.ts';

let server: Awaited<ReturnType<typeof startSkein>>;

beforeAll(async () => {
  server = await startSkein({ env: { SKEIN_LIMITS_SENDS_PER_10S: '0' } });
});

afterAll(() => server.stop());

/** Nobody else notices: two people still talk. */
async function othersTalk(): Promise<void> {
  let got = 0;
  const reader = await Device.connect({
    port: server.mqttPort,
    user: '8',
    token: server.token('8'),
    onMessage: () => {
      got += 1;
    },
  });
  await reader.subscribe([inTopic('8', 'message')]);
  const writer = await Device.connect({ port: server.mqttPort, user: '9', token: server.token('9') });
  const { topic, payload } = letterTo(directConversation('8', '9'), '9', 'still there?');
  await writer.publish(topic, payload);
  await until(() => got === 1, { timeoutMs: 10_000 });
  await Promise.all([reader.leave(), writer.leave()]);
}

/** A line over which packets are written as they are. */
class RawLine {
  readonly socket: Socket;
  readonly seen: string[] = [];
  readonly #writer = new PacketWriter();
  readonly #version: ProtocolVersion;

  constructor(version: ProtocolVersion) {
    this.#version = version;
    this.socket = connect({ port: server.mqttPort, host: '127.0.0.1', noDelay: true });
    const reader = new PacketReader({ role: 'client', maxPacketSize: 1 << 20, version });
    this.socket.on('error', () => {});
    this.socket.on('data', (chunk) => {
      reader.push(chunk);
      for (let packet = reader.next(); packet; packet = reader.next()) this.seen.push(packet.type);
    });
    this.#writer.write(
      {
        type: 'connect',
        version,
        clientId: 'eager',
        cleanStart: true,
        keepAliveS: 0,
        username: '1',
        password: Buffer.from(server.token('1')),
      },
      version,
    );
  }

  publish(topic: string, qos: 1 | 2, packetId: number, dup = false): this {
    this.#writer.write(
      { type: 'publish', topic, payload: new Uint8Array(), qos, packetId, dup, retain: false },
      this.#version,
    );
    return this;
  }

  release(packetId: number): this {
    this.#writer.write({ type: 'pubrel', packetId, reasonCode: 0 }, this.#version);
    return this;
  }

  /** All in one piece. */
  send(): void {
    const pieces: Uint8Array[] = [];
    for (let piece = this.#writer.take(); piece; piece = this.#writer.take()) pieces.push(piece.slice());
    this.socket.write(Buffer.concat(pieces));
  }
}

describe.each([4, 5] as const)('a client of version %i that waits for nothing', (version) => {
  it('is answered, however many small packets come with its CONNECT', async () => {
    const line = new RawLine(version);
    for (let id = 1; id <= 5_000; id++) line.publish('x', 1, id);
    line.send();
    const ended = once(line.socket, 'close').then(() => true);
    await until(() => line.seen.length > 0, { timeoutMs: 10_000 });
    await othersTalk();
    line.socket.destroy();
    expect(await ended).toBe(true);
    expect(line.seen[0]).toBe('connack');
  });

  it('gets a word for a packet id that is used again too early, and harms nobody', async () => {
    const line = new RawLine(version);
    const typing = outTopic('1', 'typing');
    line.publish(typing, 2, 2).send();
    await until(() => line.seen.includes('pubrec'), { timeoutMs: 10_000 });
    line.publish(typing, 2, 1).publish(typing, 2, 2, true).release(2).publish(typing, 2, 2).send();
    await othersTalk();
    line.socket.destroy();
  });

  it('has its whole outbox acknowledged, and the reader gets all of it', async () => {
    const seen = new Set<string>();
    const reader = await Device.connect({
      port: server.mqttPort,
      user: '7',
      token: server.token('7'),
      onMessage: ({ payload }) =>
        seen.add(
          Buffer.from(payload)
            .toString('latin1')
            .match(/text \d+;/)![0],
        ),
    });
    await reader.subscribe([inTopic('7', 'message')]);
    const sender = await Device.connect({
      port: server.mqttPort,
      user: '6',
      token: server.token('6'),
      version,
    });
    const answers = Array.from({ length: 1_000 }, (_, index) => {
      const { topic, payload } = letterTo(directConversation('6', '7'), '6', `text ${index};`);
      return sender.publish(topic, payload);
    });
    await Promise.all(answers);
    await until(() => seen.size === 1_000, { timeoutMs: 20_000 });
    await Promise.all([reader.leave(), sender.leave()]);
  });
});

it('L2 a line that asks for what is not there is not held for a peer that never ends it', async () => {
  const { port } = new URL(server.url);
  const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
  let isGone = false;
  socket.on('error', () => {
    isGone = true;
  });
  socket.write(
    'GET /elsewhere HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  );
  const [answer] = await once(socket, 'data');
  expect(String(answer)).toContain('404');
  await once(socket, 'end');
  // The server has let go: what is written now meets nobody.
  await until(
    () => {
      if (!isGone) socket.write('still here');
      return isGone;
    },
    { timeoutMs: 10_000 },
  );
});
