import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TestServer } from './testing.ts';

let server: TestServer;

beforeAll(async () => {
  server = await new TestServer({ origins: ['https://shop.example'] }).start();
  await server.send('1001', { user: '1002' }, 'hello');
});

afterAll(() => server.stop());

beforeEach(() => {
  server.logged.length = 0;
  return () => expect(server.logged).toEqual([]);
});

const mine = '{"conversationId":"dm:1001:1002"}';

async function answerOf(response: Response): Promise<{ status: number; code?: string }> {
  const body = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') && body !== '';
  return { status: response.status, ...(isJson && { code: (JSON.parse(body) as { code: string }).code }) };
}

/** Sends bytes as they are, and answers the first line that comes back. */
function statusLine(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(bytes));
    let read = '';
    socket.on('data', (chunk) => {
      read += chunk;
      const end = read.indexOf('\r\n');
      if (end < 0) return;
      socket.destroy();
      resolve(read.slice(0, end));
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed without an answer')));
  });
}

describe('bodies', () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '));
  const deep = `{"conversationId":"dm:1001:1002","x":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
  const cases: [string, BodyInit, Record<string, string>, { status: number; code?: string }][] = [
    ['a proper call', mine, {}, { status: 200 }],
    ['a wrong type', mine, { 'content-type': 'text/plain' }, { status: 415 }],
    ['a form', 'conversationId=1', { 'content-type': 'application/x-www-form-urlencoded' }, { status: 415 }],
    ['no JSON', '{conversationId}', {}, { status: 400, code: 'invalid_argument' }],
    ['an array', '[]', {}, { status: 400, code: 'invalid_argument' }],
    ['null', 'null', {}, { status: 400, code: 'invalid_argument' }],
    ['a number for a text', '{"conversationId":7}', {}, { status: 400, code: 'invalid_argument' }],
    [
      'a cursor that is none',
      `{"conversationId":"dm:1001:1002","afterSeq":"x"}`,
      {},
      { status: 400, code: 'invalid_argument' },
    ],
    [
      'a negative cursor',
      `{"conversationId":"dm:1001:1002","afterSeq":"-1"}`,
      {},
      { status: 400, code: 'invalid_argument' },
    ],
    [
      'a cursor over 64 bits',
      `{"conversationId":"dm:1001:1002","afterSeq":"18446744073709551616"}`,
      {},
      { status: 400, code: 'invalid_argument' },
    ],
    [
      'a negative limit',
      `{"conversationId":"dm:1001:1002","limit":-1}`,
      {},
      { status: 400, code: 'invalid_argument' },
    ],
    ['deep JSON in an unknown field', deep, {}, { status: 200 }],
    [
      '__proto__',
      `{"__proto__":{"conversationId":"dm:1001:1002"},"conversationId":"x"}`,
      {},
      { status: 400, code: 'invalid_argument' },
    ],
    [
      'more than 256 KiB',
      `{"x":"${'x'.repeat(300 * 1024)}"}`,
      {},
      { status: 429, code: 'resource_exhausted' },
    ],
    ['a gzip bomb', bomb, { 'content-encoding': 'gzip' }, { status: 429, code: 'resource_exhausted' }],
    ['gzip that is none', mine, { 'content-encoding': 'gzip' }, { status: 400, code: 'invalid_argument' }],
    ['an unknown encoding', mine, { 'content-encoding': 'zstd' }, { status: 501, code: 'unimplemented' }],
    // The library's word for it, said before any code of ours is asked.
    [
      'protobuf that is none',
      new Uint8Array([255, 255]),
      { 'content-type': 'application/proto' },
      { status: 500, code: 'internal' },
    ],
    [
      'an endless timeout',
      mine,
      { 'connect-timeout-ms': '99999999' },
      { status: 400, code: 'invalid_argument' },
    ],
  ];
  test.each(cases)('%s', async (_what, body, headers, expected) => {
    expect(await answerOf(await server.post('ListMessages', body, headers))).toMatchObject(expected);
  });

  test('a prototype cannot be set by JSON', async () => {
    await server.post(
      'ListMessages',
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
    );
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  test('L2: a hundred gzip bombs do not grow the server', async () => {
    const before = process.memoryUsage().rss;
    for (let n = 0; n < 100; n++) await server.post('ListMessages', bomb, { 'content-encoding': 'gzip' });
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });
});

describe('tokens', () => {
  const refused = { status: 401, code: 'unauthenticated' };

  test('A1: each way of having no right is the same refusal, and a body is not read', async () => {
    const another = new TextEncoder().encode('another secret of at least 32 bytes!');
    const claims = { sub: '1001', aud: 'skein', exp: 4_000_000_000 };
    const forged = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(another);
    const authorizations = [
      '',
      'Bearer',
      'Bearer x',
      'Basic MTAwMTpw',
      `Bearer ${new UnsecuredJWT(claims).encode()}`,
      `Bearer ${forged}`,
    ];
    for (const authorization of authorizations) {
      const response = await server.post('ListMessages', 'x'.repeat(1_000_000), { authorization });
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(response.headers.get('skein-refusal')).toBe('NOT_ALLOWED');
      const body = await response.text();
      expect(response.status).toBe(401);
      expect(body).not.toContain(forged);
    }
  });

  test('a token in the address is not taken', async () => {
    const token = await server.token('1001');
    const url = `${server.url}/skein.v1.ChatService/GetUnread?access_token=${token}`;
    const headers = { 'content-type': 'application/json' };
    expect(await answerOf(await fetch(url, { method: 'POST', headers, body: '{}' }))).toMatchObject(refused);
  });

  test("another's id in a request has no effect: the token says who calls", async () => {
    const response = await server.post('GetUnread', '{"userId":"1002","user_id":"1002"}', {
      'x-user-id': '1002',
    });
    expect(await response.json()).toMatchObject({ statics: { userId: '1001' } });
  });
});

describe('methods and addresses', () => {
  test('a call is a POST', async () => {
    const url = `${server.url}/skein.v1.ChatService/ListMessages`;
    for (const method of ['GET', 'PUT', 'DELETE', 'HEAD'])
      expect((await fetch(url, { method })).status).toBe(405);
  });

  test('an unknown call is 404, and says so', async () => {
    expect(await answerOf(await server.post('DropTables', '{}'))).toEqual({
      status: 404,
      code: 'unimplemented',
    });
  });

  test('gRPC is not spoken', async () => {
    expect((await server.post('GetUnread', '{}', { 'content-type': 'application/grpc' })).status).toBe(415);
  });

  test.each([
    [
      'both lengths',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
    ['no HTTP', '\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00\r\n\r\n'],
    ['a header with a bare line feed', 'GET / HTTP/1.1\r\nHost: x\r\nA: b\nC\x00: d\r\n\r\n'],
  ])('%s: 400', async (_what, bytes) => {
    expect(await statusLine(bytes)).toBe('HTTP/1.1 400 Bad Request');
  });

  test('a head of more than 16 KiB: 431', async () => {
    const head = `GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(17_000)}\r\n\r\n`;
    expect(await statusLine(head)).toBe('HTTP/1.1 431 Request Header Fields Too Large');
  });
});

describe('origins', () => {
  const call = (origin: string) => server.post('GetUnread', '{}', { origin });

  test('a listed origin and the own one may call, and their browsers are told so', async () => {
    for (const origin of ['https://shop.example', server.url, `https://127.0.0.1:${server.port}`]) {
      const response = await call(origin);
      expect(response.status).toBe(200);
      expect(response.headers.get('access-control-allow-origin')).toBe(origin);
      expect(response.headers.get('vary')).toContain('origin');
    }
  });

  test.each([
    'https://evil.example',
    'https://shop.example.evil.example',
    'http://shop.example',
    'https://shop.example:8443',
    'null',
    'nonsense',
  ])('%s may not', async (origin) => {
    const response = await call(origin);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect(await answerOf(response)).toEqual({ status: 403, code: 'permission_denied' });
  });

  test('the question before a call is answered without a token, for allowed origins only', async () => {
    const ask = (origin: string) =>
      fetch(`${server.url}/skein.v1.ChatService/GetUnread`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
    const allowed = await ask('https://shop.example');
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-headers')).toContain('authorization');
    expect(allowed.headers.get('access-control-allow-credentials')).toBeNull();
    expect((await ask('https://evil.example')).status).toBe(403);
  });

  test('forged forwarding headers change nothing', async () => {
    const forged = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-for': '127.0.0.1',
      forwarded: 'host=evil.example',
    };
    const response = await server.post('GetUnread', '{}', { ...forged, origin: 'https://evil.example' });
    expect(response.status).toBe(403);
  });
});
