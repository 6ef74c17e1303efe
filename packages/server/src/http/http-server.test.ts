import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestServer } from './testing.ts';

let server: TestServer;
let folder: string;
const script = `console.log(${'1,'.repeat(2_000)}1)`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skein-pages-'));
  const app = join(folder, 'app');
  mkdirSync(join(app, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'outside.txt'), 'private');
  writeFileSync(join(app, 'index.html'), '<!doctype html><title>Skein</title>');
  writeFileSync(join(app, 'assets', 'index-Ab3_x9Zq.js'), script);
  writeFileSync(join(app, 'logo.svg'), '<svg/>');
  symlinkSync(join(folder, 'outside.txt'), join(app, 'link.txt'));
  server = await new TestServer({
    extras: {
      apps: [
        { path: '/', folder: app },
        { path: '/console/', folder: app },
      ],
      localDocuments: new Map([['/demo.json', async () => ({ people: [] })]]),
    },
  }).start();
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const get = (path: string, headers: Record<string, string> = {}) => fetch(server.url + path, { headers });

/** A request with a path and Host that no URL would give. */
function raw(path: string, host: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: server.port, path, headers: { host } }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, body }));
    });
    sent.on('error', reject).end();
  });
}

describe('health', () => {
  test('alive is not ready: the second only while clients are served and the store can commit', async () => {
    expect((await get('/healthz')).status).toBe(200);
    expect((await get('/readyz')).status).toBe(200);
    server.isReady = false;
    const answer = await get('/readyz');
    expect(answer.status).toBe(503);
    expect(await answer.text()).toMatch(/clients are not served/);
    expect((await get('/healthz')).status).toBe(200);
    server.isReady = true;
    const broken = await new TestServer({ store: { healthy: false } }).start();
    expect(await (await fetch(`${broken.url}/readyz`)).text()).toMatch(/the store cannot commit/);
    await broken.stop();
  });

  test('metrics are text of Prometheus, and count requests by route and status', async () => {
    await get('/nowhere');
    await server.post('GetUnread', '{}');
    const answer = await get('/metrics');
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    const text = await answer.text();
    expect(text).toMatch(/skein_http_requests_total\{route="page",status="404"\} \d/);
    expect(text).toMatch(/skein_http_requests_total\{route="call",status="200"\} 1/);
    expect(text).toMatch(/^skein_wal_bytes [1-9]\d+$/m);
    for (const name of [
      'entries_total',
      'deliveries_total',
      'refusals_total',
      'connections',
      'sessions',
      'commit_seconds',
      'batch_entries',
      'wal_bytes',
      'nodejs_eventloop_lag_seconds',
    ]) {
      expect(text).toContain(`# TYPE skein_${name} `);
    }
  });
});

describe('pages', () => {
  test('a page has its type, a policy, and is asked for again by its ETag', async () => {
    const page = await get('/');
    expect(await page.text()).toContain('<title>Skein</title>');
    expect(Object.fromEntries(page.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
      'content-security-policy': expect.stringContaining("default-src 'self'"),
    });
    const again = await get('/', { 'if-none-match': page.headers.get('etag') ?? '' });
    expect(again.status).toBe(304);
    expect((await get('/console/')).status).toBe(200);
    expect((await get('/logo.svg')).headers.get('content-type')).toMatch(/^image\/svg\+xml/);
  });

  test('a script is compressed, and kept for a year when its name holds a hash', async () => {
    const zipped = await get('/assets/index-Ab3_x9Zq.js', { 'accept-encoding': 'gzip' });
    expect(zipped.headers.get('content-encoding')).toBe('gzip');
    expect(Number(zipped.headers.get('content-length'))).toBeLessThan(script.length / 10);
    expect(await zipped.text()).toBe(script);
    expect(zipped.headers.get('cache-control')).toContain('immutable');
    const plain = await get('/assets/index-Ab3_x9Zq.js', { 'accept-encoding': 'identity' });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await plain.text()).toBe(script);
  });

  test.each([
    '/../outside.txt',
    '/assets/../../outside.txt',
    '/%2e%2e/outside.txt',
    '/..%2foutside.txt',
    '/..\\outside.txt',
    '//etc/passwd',
    '/link.txt',
    '/index.html/',
    '/%00',
    '/%',
    '/__proto__',
    '/nowhere',
  ])('%s is not there, and the answer says so', async (path) => {
    expect(await raw(path, 'x')).toEqual({ status: 404, body: 'there is nothing at this address\n' });
  });

  test('pages are only read', async () => {
    const answer = await fetch(`${server.url}/`, { method: 'POST', body: 'x' });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, HEAD');
    const head = await fetch(`${server.url}/`, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
  });
});

describe('documents for this machine only', () => {
  test.each(['localhost', '127.0.0.1:7080', '[::1]:80', 'LOCALHOST:1'])(
    'Host %s is this machine',
    async (host) => {
      expect(await raw('/demo.json', host)).toEqual({ status: 200, body: '{"people":[]}' });
    },
  );

  test.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    'localhost@evil.example',
  ])('DNS rebinding: Host "%s" is not', async (host) => {
    expect((await raw('/demo.json', host)).status).toBe(403);
  });

  test('they are read by no page of another origin', async () => {
    const answer = await get('/demo.json', { origin: 'https://evil.example' });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });
});
