import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { ChatService } from '@skein/protocol';
import { BadLine, onEvents, until, without } from '@skein/testkit';
import Paho from 'paho-mqtt';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { call } from './calls.ts';
import { mqttJs } from './clients/mqttjs.ts';
import { come, comes, message, newKey, own } from './payloads.ts';
import { newUser } from './people.ts';
import { openBrowser, openStage } from './stage.ts';

// Ended after the stage's clients.
const browser = openBrowser();
const stage = openStage();
const { connect, caller } = stage;

/** What a team that knows nothing of Skein's own fields has compiled: fields 1 to 5, required, and no others. */
const { root } = protobuf.parse(`
  syntax = "proto2";
  message Message {
    required uint64 message_id = 1 [jstype = JS_STRING];
    required uint64 sender_id = 2;
    required string content = 3;
    required uint64 create_time = 4;
    required uint64 receiver_id = 5;
  }`);
const TheirMessage = root.lookupType('Message');

const theirBytes = (messageId: string, from: string, to: string, content: string) =>
  TheirMessage.encode(
    TheirMessage.fromObject({ messageId, senderId: from, content, createTime: '1', receiverId: to }),
  ).finish();

function outgoing(from: string, to: string, content: string): Paho.Message {
  const message = new Paho.Message(theirBytes(newKey(), from, to, content));
  message.destinationName = `skein/v1/${from}/out/message`;
  message.qos = 1;
  return message;
}

/** Code as it is written beside Paho everywhere: a client, three callbacks, defaults for all the rest. */
async function page(user: string, port = stage.server.port, path = '/mqtt') {
  const happened = new EventEmitter();
  const arrived: Paho.Message[] = [];
  const delivered: Paho.Message[] = [];
  const lost: Paho.MQTTError[] = [];
  const client = new Paho.Client('127.0.0.1', port, path, `page-${user}`);
  client.onMessageArrived = (message) => {
    arrived.push(message);
    happened.emit('arrived');
  };
  client.onMessageDelivered = (message) => {
    delivered.push(message);
    happened.emit('delivered');
  };
  client.onConnectionLost = (error) => {
    lost.push(error);
    happened.emit('lost');
  };
  await new Promise<void>((resolve, reject) =>
    client.connect({
      userName: user,
      password: stage.server.token(user),
      onSuccess: () => resolve(),
      onFailure: ({ errorMessage }) => reject(new Error(errorMessage)),
    }),
  );
  await new Promise<void>((resolve) =>
    client.subscribe(`skein/v1/${user}/in/message`, { qos: 1, onSuccess: () => resolve() }),
  );
  const send = (to: string, content: string) => {
    const sent = outgoing(user, to, content);
    client.send(sent);
    return sent;
  };
  const on = (condition: () => boolean) =>
    until(condition, { changes: onEvents(happened, 'arrived', 'delivered', 'lost') });
  return { client, arrived, delivered, lost, send, on };
}

describe('Paho with its own callbacks', () => {
  it('M1 M2 connects, sends, receives, and calls each of the three back', async () => {
    const [alice, bob] = [newUser(), newUser()];
    await using line = await BadLine.to({ port: stage.server.port });
    const one = await page(alice, line.port);
    const other = await page(bob);
    const sent = one.send(bob, '你好 🪿');
    await one.on(() => one.delivered.includes(sent));
    await other.on(() => other.arrived.length === 1);
    // Delivered means stored: it can be read at once.
    const conversationId = `dm:${alice}:${bob}`;
    const { entries } = await call(caller(bob), ChatService.method.listMessages, { conversationId });
    expect(entries).toMatchObject([{ body: { value: { content: '你好 🪿' } } }]);
    const read = TheirMessage.toObject(TheirMessage.decode(other.arrived[0]!.payloadBytes as Uint8Array), {
      longs: String,
    });
    expect(read).toMatchObject({ senderId: alice, content: '你好 🪿', receiverId: bob });
    expect(BigInt(read.messageId)).toBeGreaterThan(0n);
    expect(Math.abs(Number(read.createTime) - Date.now())).toBeLessThan(10_000);
    line.cut();
    await one.on(() => one.lost.length === 1);
    expect(one.lost[0]!.errorCode).not.toBe(0);
    other.client.disconnect();
  });

  it('M6 I3 reconnects by itself, and sends again what was not acknowledged: nothing lost, nothing double', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const receiver = await connect(mqttJs('5', 'TCP'), bob, { subscribe: own(bob, ['message']) });
    await using line = await BadLine.to({ port: stage.server.port });
    const client = new Paho.Client('127.0.0.1', line.port, '/mqtt', 'page');
    const happened = new EventEmitter();
    let delivered = 0;
    let connections = 0;
    client.onMessageDelivered = () => {
      delivered += 1;
      happened.emit('delivered');
    };
    // The published types do not know it.
    Object.assign(client, {
      onConnected: () => {
        connections += 1;
        happened.emit('connected');
      },
    });
    client.connect({
      userName: alice,
      password: stage.server.token(alice),
      reconnect: true,
      cleanSession: false,
    });
    await until(() => connections === 1, { changes: onEvents(happened, 'connected') });
    // The server's answers do not get through; then the line is cut.
    line.set({ down: { silent: true } });
    for (let number = 1; number <= 20; number += 1) {
      client.send(outgoing(alice, bob, `${number}`));
    }
    await come(receiver, 'message', 20);
    expect(delivered).toBe(0);
    line.cut();
    line.heal();
    await until(() => delivered === 20, { changes: onEvents(happened, 'delivered') });
    client.send(outgoing(alice, bob, 'last'));
    const entries = await come(receiver, 'message', 21);
    expect(entries.map(({ seq, content }) => `${seq} ${content}`)).toEqual([
      ...Array.from({ length: 20 }, (_, index) => `${index + 1} ${index + 1}`),
      '21 last',
    ]);
    client.disconnect();
  });
});

/** The way that is published for reading a 64-bit id out of bytes in JavaScript. */
function readUint64(buffer: Uint8Array, offset: number): string {
  const hex = Array.from(buffer.slice(offset, offset + 8), (byte) => byte.toString(16).padStart(2, '0'));
  return BigInt(`0x${hex.join('')}`).toString();
}

/** The packets of a type among the bytes that a WebSocket got. */
function packets(chunks: readonly Uint8Array[], type: number): Uint8Array[] {
  const bytes = Buffer.concat(chunks);
  const found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    let length = 0;
    let header = 1;
    for (let shift = 0; ; shift += 7, header += 1) {
      length += (bytes[at + header]! & 0x7f) << shift;
      if (bytes[at + header]! < 0x80) break;
    }
    const end = at + header + 1 + length;
    if (bytes[at]! >> 4 === type) found.push(bytes.subarray(at, end));
    at = end;
  }
  return found;
}

const puback = 4;

describe('M12 the acknowledgement with a 64-bit id', () => {
  /** Runs something while the bytes that WebSockets get are noted. */
  async function noting<T>(run: () => Promise<T>): Promise<{ result: T; chunks: Uint8Array[] }> {
    const chunks: Uint8Array[] = [];
    const Plain = globalThis.WebSocket;
    globalThis.WebSocket = class extends Plain {
      constructor(address: string | URL, protocols?: string | string[]) {
        super(address, protocols);
        this.addEventListener('message', ({ data }) => chunks.push(new Uint8Array(data as ArrayBuffer)));
      }
    };
    try {
      return { result: await run(), chunks };
    } finally {
      globalThis.WebSocket = Plain;
    }
  }

  it.each([
    ['/mqtt?puback=64', 10],
    ['/mqtt', 2],
  ])('at %s PUBACK has a body of %i bytes, and Paho is content', async (path, length) => {
    const [alice, bob] = [newUser(), newUser()];
    const witness = await connect(mqttJs('5', 'TCP'), alice, { subscribe: own(alice, ['ack']) });
    const { result: one, chunks } = await noting(() => page(alice, stage.server.port, path));
    const sent = [1, 2, 3].map((number) => one.send(bob, String(number)));
    await one.on(() => one.delivered.length === 3);
    expect(one.delivered).toEqual(sent);
    const acks = await come(witness, 'ack', 3);
    const bodies = packets(chunks, puback).map((packet) => packet.subarray(2));
    expect(bodies.map((body) => body.length)).toEqual([length, length, length]);
    if (length === 10) {
      expect(bodies.map((body) => readUint64(body, 2))).toEqual(acks.map(({ messageId }) => messageId));
    }
    expect(one.lost).toEqual([]);
    one.client.disconnect();
  });

  it.each(['3.1.1', '5'] as const)(
    'MQTT %s without asking gets none: strict clients stay',
    async (version) => {
      const [alice, bob] = [newUser(), newUser()];
      const path = version === '5' ? '/mqtt?puback=64' : '/mqtt';
      const client = await connect(mqttJs(version, 'WebSocket'), alice, {
        path,
        subscribe: own(alice, ['ack']),
      });
      await client.publish(`skein/v1/${alice}/out/message`, message(alice, bob, 'strict'), 1);
      await comes(client, 'ack', ({ code }) => code === 0);
      expect(client.ended).toBeUndefined();
    },
  );
});

describe.skipIf(without('chromium'))('in Chromium', () => {
  it('M1 M12 a page with unmodified Paho gets the three callbacks, also with 64-bit acknowledgements', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const receiver = await connect(mqttJs('5', 'TCP'), bob, { subscribe: own(bob, ['message']) });
    await using line = await BadLine.to({ port: stage.server.port });
    const window = await browser().newPage();
    await window.goto(`http://127.0.0.1:${line.port}/healthz`);
    await window.addScriptTag({ path: createRequire(import.meta.url).resolve('paho-mqtt') });
    const happened = window.evaluate(
      ([port, user, token, payload]) =>
        new Promise<string[]>((resolve, reject) => {
          const happened: string[] = [];
          const library = (globalThis as unknown as { Paho: typeof Paho }).Paho;
          const client = new library.Client('127.0.0.1', port, '/mqtt?puback=64', 'page');
          client.onMessageArrived = ({ destinationName }) => {
            happened.push(`arrived in ${destinationName}`);
            (globalThis as { arrived?: true }).arrived = true;
          };
          client.onMessageDelivered = () => {
            happened.push('delivered');
          };
          client.onConnectionLost = () => {
            happened.push('lost');
            resolve(happened);
          };
          client.connect({
            userName: user,
            password: token,
            onFailure: ({ errorMessage }) => reject(new Error(errorMessage)),
            onSuccess: () => {
              client.subscribe(`skein/v1/${user}/in/ack`, { qos: 0 });
              client.send(`skein/v1/${user}/out/message`, Uint8Array.from(payload).buffer, 1, false);
            },
          });
        }),
      [
        line.port,
        alice,
        stage.server.token(alice),
        [...theirBytes(newKey(), alice, bob, 'from a page')],
      ] as const,
    );
    await come(receiver, 'message', 1);
    await window.waitForFunction(() => (globalThis as { arrived?: true }).arrived);
    line.cut();
    expect((await happened).sort()).toEqual([`arrived in skein/v1/${alice}/in/ack`, 'delivered', 'lost']);
    await window.close();
  });
});
