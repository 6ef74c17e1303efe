import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { HEADROOM, Unframer, upgradeRequest, writeHeader } from './websocket.ts';

const UPGRADED = Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n');

test('another implementation accepts the upgrade and the frames, and its answers come back whole', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'mqtt' });
  await once(server, 'listening');
  server.on('connection', (peer) => peer.on('message', (data) => peer.send(data)));
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  const unframer = new Unframer();
  const wanted = Buffer.concat([Buffer.alloc(5, 1), Buffer.alloc(125, 2), Buffer.alloc(60_000, 3)]);
  const received: Uint8Array[] = [];

  socket.write(upgradeRequest(port, '/mqtt'));
  await new Promise<void>((resolve) => {
    let bytes = 0;
    socket.on('data', (chunk) => {
      const wasUpgraded = unframer.isUpgraded;
      const payload = Uint8Array.from(unframer.unwrap(chunk));
      if (!wasUpgraded && unframer.isUpgraded) {
        for (const [from, to] of [
          [0, 5],
          [5, 130],
          [130, wanted.length],
        ] as const) {
          const out = Buffer.concat([Buffer.alloc(HEADROOM), wanted.subarray(from, to)]);
          socket.write(out.subarray(writeHeader(out, HEADROOM, to - from)));
        }
      }
      received.push(payload);
      bytes += payload.length;
      if (bytes >= wanted.length) resolve();
    });
  });

  expect(Buffer.concat(received).equals(wanted)).toBe(true);
  socket.destroy();
  server.close();
});

test('frames cut anywhere give the same bytes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 }),
      (lengths, cuts) => {
        const payloads = lengths.map((length, i) => Buffer.alloc(length, i + 1));
        const frames = payloads.map((payload) => {
          const header =
            payload.length < 126
              ? [0x82, payload.length]
              : [0x82, 126, payload.length >> 8, payload.length & 255];
          return Buffer.concat([Buffer.from(header), payload]);
        });
        const stream = Buffer.concat([UPGRADED, ...frames]);
        const unframer = new Unframer();
        const out: Uint8Array[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const next = at + cuts[i % cuts.length]!;
          out.push(Uint8Array.from(unframer.unwrap(Uint8Array.from(stream.subarray(at, next)))));
          at = next;
        }
        expect(Buffer.concat(out).equals(Buffer.concat(payloads))).toBe(true);
      },
    ),
  );
});

test('a refused upgrade and a frame that is not data are errors', () => {
  expect(() => new Unframer().unwrap(Buffer.from('HTTP/1.1 403 Forbidden\r\n\r\n'))).toThrow(/403/);
  const closing = Buffer.concat([UPGRADED, Buffer.from([0x88, 0])]);
  expect(() => new Unframer().unwrap(closing)).toThrow(/type 8/);
});
