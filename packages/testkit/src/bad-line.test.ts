import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BadLine } from './bad-line.ts';
import { onEvents, until } from './until.ts';

/** A server that answers what it hears; it remembers its sockets and the chunks as they came. */
const server = createServer((socket) => {
  sockets.push(socket);
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    chunks.push(bytes.toString());
    socket.write(bytes);
  });
});
let sockets: Socket[] = [];
let chunks: string[] = [];
let line: BadLine;

beforeEach(async () => {
  sockets = [];
  chunks = [];
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  line = await BadLine.to({ port: (server.address() as AddressInfo).port });
});
afterEach(async () => {
  await line[Symbol.asyncDispose]();
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, 'close');
});

const closed = (socket: Socket) => until(() => socket.closed, { changes: onEvents(socket, 'close') });

async function client() {
  const socket = connect({ port: line.port, host: '127.0.0.1', noDelay: true });
  const got = { text: '', at: 0, error: undefined as string | undefined };
  socket.on('data', (bytes) => {
    got.text += bytes;
    got.at = performance.now();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    got.error = error.code;
  });
  await once(socket, 'connect');
  const heard = (text: string) =>
    until(() => got.text === text, { changes: onEvents(socket, 'data'), what: text });
  return { socket, got, heard };
}

describe('a bad line', () => {
  it('carries everything both ways while nothing is wrong, also more than it holds itself', async () => {
    const { socket, heard } = await client();
    const text = 'skein '.repeat(500_000);
    socket.write(text);
    await heard(text);
  });

  it('passes the end of one side on to the other', async () => {
    const { socket, heard } = await client();
    socket.end('last words');
    await heard('last words');
    await until(() => sockets[0]!.closed && line.connections === 0);
  });

  it('delays by its latency', async () => {
    line.set({ up: { latencyMs: 50 }, down: { latencyMs: 50 } });
    const { socket, got, heard } = await client();
    const before = performance.now();
    socket.write('x');
    await heard('x');
    expect(got.at - before).toBeGreaterThanOrEqual(99);
  });

  it('lets through no more than its width', async () => {
    line.set({ up: { bytesPerSecond: 10_000 } });
    const { socket, got, heard } = await client();
    const before = performance.now();
    socket.write('x'.repeat(1_000));
    await heard('x'.repeat(1_000));
    expect(got.at - before).toBeGreaterThanOrEqual(85);
  });

  it('writes one byte at a time', async () => {
    line.set({ up: { oneByteAtATime: true } });
    const { socket, heard } = await client();
    socket.write('abcdefgh');
    await heard('abcdefgh');
    expect(chunks.length).toBeGreaterThan(4);
  });

  it('carries one way only, and what it held back when it is healed', async () => {
    line.set({ down: { silent: true } });
    const { socket, got, heard } = await client();
    socket.write('x');
    await until(() => chunks.length === 1);
    expect(got.text).toBe('');
    line.heal();
    await heard('x');
  });

  it('is cut, and can be used again', async () => {
    const { socket, got } = await client();
    socket.write('x');
    await until(() => sockets.length === 1);
    line.cut();
    await closed(socket);
    expect(got.error).toBe('ECONNRESET');
    await until(() => sockets[0]!.closed);
    const again = await client();
    again.socket.write('y');
    await again.heard('y');
  });

  it('is down until it is healed', async () => {
    line.down();
    const refused = connect({ port: line.port, host: '127.0.0.1' }).on('error', () => {});
    await closed(refused);
    expect(sockets).toEqual([]);
    line.heal();
    const { socket, heard } = await client();
    socket.write('y');
    await heard('y');
  });

  it('is half open: the client is gone and the server does not know', async () => {
    const { socket, heard } = await client();
    socket.write('x');
    await heard('x');
    line.halfOpen();
    await closed(socket);
    expect(sockets[0]!.readyState).toBe('open');
    expect(line.connections).toBe(1);
  });
});
