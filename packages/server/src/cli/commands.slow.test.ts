import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const main = new URL('./main.ts', import.meta.url).pathname;

/** A `skein` of its own process, and all that it has said so far. */
class Skein {
  readonly process: ChildProcess;
  out = '';
  err = '';
  private readonly exited: Promise<number | null>;

  constructor(words: string[], variables: Record<string, string> = {}) {
    this.process = spawn(process.execPath, [main, ...words], {
      env: { PATH: process.env.PATH, ...variables },
    });
    this.process.stdout?.on('data', (chunk) => {
      this.out += chunk;
    });
    this.process.stderr?.on('data', (chunk) => {
      this.err += chunk;
    });
    this.exited = once(this.process, 'close').then(([code]) => code as number | null);
    running.add(this);
  }

  /** The first match of what it says, from now or before; or what it said until it ended. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const ended = this.exited.then(() => 'ended');
    for (;;) {
      const found = pattern.exec(this.out);
      if (found) return found;
      const next = once(this.process.stdout!, 'data').then(() => 'more');
      if ((await Promise.race([next, ended])) === 'ended' && !pattern.test(this.out)) {
        throw new Error(`ended without ${pattern}: ${this.out}${this.err}`);
      }
    }
  }

  type(line: string): void {
    this.process.stdin?.write(`${line}\n`);
  }

  async ends(): Promise<{ code: number | null; out: string; err: string }> {
    this.process.stdin?.end();
    return { code: await this.exited, out: this.out, err: this.err };
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.process.kill(signal);
    return this.exited;
  }
}

const running = new Set<Skein>();
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'skein-cli-'));
});

afterEach(async () => {
  for (const one of running) await one.stop('SIGKILL');
  running.clear();
  rmSync(dir, { recursive: true, force: true });
});

async function serve(...words: string[]): Promise<{ server: Skein; url: string }> {
  const server = new Skein([
    'serve',
    '--data',
    dir,
    ...(words.includes('--port') ? [] : ['--port', '0']),
    ...words,
  ]);
  const [, url = ''] = await server.says(/Skein listens on (http:[^\s,]+)/);
  return { server, url };
}

const chat = (me: string, peer: string, url: string) =>
  new Skein(['chat', '--as', me, '--to', peer, '--url', url, '--data', dir]);

describe('skein serve', () => {
  test('says where it listens, serves, and ends with 0 when told', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const { server, url } = await serve('--mqtt-port', '0');
      expect(server.out).toMatch(/, MQTT on port \d+\n/);
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
      expect(await server.stop(signal)).toBe(0);
    }
  });

  test('says it as one line of JSON when asked', async () => {
    const server = new Skein(['serve', '--port', '0', '--mqtt-port', '0', '--data', dir], {
      SKEIN_LOG: 'json',
    });
    await server.says(/\n/);
    const listening = {
      event: 'listening',
      url: expect.stringMatching(/^http:/),
      mqttPort: expect.any(Number),
    };
    expect(JSON.parse(server.out)).toMatchObject(listening);
  });

  test('a taken port, a bad directory, a wrong variable: one line, exit code 2', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const taken = String((other.address() as { port: number }).port);
    writeFileSync(join(dir, 'file'), '');
    const free = ['serve', '--port', '0', '--data'];
    const attempts: [string[], Record<string, string>, RegExp][] = [
      [['serve', '--data', dir, '--port', taken], {}, /port \d+ is taken: choose another with --port N/],
      [[...free, '/proc/skein'], {}, /cannot write to the data directory \/proc\/skein \(ENOENT\)/],
      [[...free, join(dir, 'file')], {}, /cannot write to the data directory .*file \(ENOTDIR\)/],
      [[...free, dir, '--host', '203.0.113.1'], {}, /203\.0\.113\.1 is no address of this machine/],
      [['serve', '--data', dir], { SKEIN_PORT: 'x' }, /SKEIN_PORT is "x"/],
      [['serve', '--data', dir], { SKEIN_SECRET: 'short' }, /SKEIN_SECRET holds 5 bytes/],
    ];
    for (const [words, variables, line] of attempts) {
      const { code, out, err } = await new Skein(words, variables).ends();
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toMatch(line);
      expect(err).toMatch(/^skein: [^\n]+\n$/);
    }
    other.close();
  });

  test('A1: a revocation by another process ends the rights of a token within five seconds', async () => {
    const { url } = await serve();
    const { out } = await new Skein(['token', '--user', '1001', '--data', dir]).ends();
    const call = () =>
      fetch(`${url}/skein.v1.ChatService/GetUnread`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${out.trim()}` },
        body: '{}',
      });
    expect((await call()).status).toBe(200);
    const revoked = Date.now();
    await new Skein(['token', '--revoke', '1001', '--data', dir]).ends();
    await expect.poll(async () => (await call()).status, { timeout: 6_000 }).toBe(401);
    expect(Date.now() - revoked).toBeLessThan(5_000);
  });
});

describe('skein chat', () => {
  test('from a pipe: sends each line, waits until all are stored, and ends', async () => {
    const { url } = await serve();
    const lin = chat('1001', '1002', url);
    for (let n = 1; n <= 30; n++) lin.type(`message ${n}`);
    expect(await lin.ends()).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/sent, number 30\n$/),
    });
    const mei = await chat('1002', '1001', url).ends();
    const shown = mei.out.split('\n').filter(Boolean);
    expect(shown.map((line) => line.slice(6))).toEqual(
      Array.from({ length: 20 }, (_, n) => `1001: message ${n + 11}`),
    );
    const { out } = await new Skein(['check', '--data', dir]).ends();
    expect(out).toBe('The store agrees with its log.\n');
  });

  test('live: each sees the other, and that it was read', async () => {
    const { url } = await serve();
    const [lin, mei] = [chat('1001', '1002', url), chat('1002', '1001', url)];
    mei.type('hi');
    await mei.says(/sent, number 1/);
    await lin.says(/1002: hi/);
    await mei.says(/✓✓ read up to number 1/);
    lin.type('hello');
    await mei.says(/1001: hello/);
    await lin.says(/✓✓ read up to number 2/);
    expect((await lin.ends()).code).toBe(0);
    mei.process.kill('SIGINT');
    expect((await mei.ends()).code).toBe(0);
  });

  test('I3: over a killed server, what was typed is stored once, and what was missed is shown', async () => {
    const { server, url } = await serve();
    const [lin, mei] = [chat('1001', '1002', url), chat('1002', '1001', url)];
    lin.type('before');
    await mei.says(/1001: before/);
    await server.stop('SIGKILL');
    await lin.says(/the line is lost/);
    lin.type('meanwhile');
    await serve('--port', new URL(url).port);
    await mei.says(/1001: meanwhile/);
    await lin.says(/sent, number 2/);
    mei.type('yes');
    await lin.says(/1002: yes/);
    await lin.ends();
    await mei.ends();
    const { out } = await chat('1001', '1002', url).ends();
    expect(out.match(/: (before|meanwhile|yes)$/gm)).toEqual([': before', ': meanwhile', ': yes']);
  });

  test('without a server, or with a wrong secret: one line, exit code 2', async () => {
    const { server, url } = await serve();
    const stranger = await new Skein([
      'chat',
      '--as',
      '1',
      '--to',
      '2',
      '--url',
      url,
      '--data',
      join(dir, 'x'),
    ]).ends();
    expect(stranger).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^skein: .* does not let this user in: .*\n$/),
    });
    await server.stop();
    const alone = await chat('1001', '1002', url).ends();
    expect(alone).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^skein: cannot reach .*ECONNREFUSED.*\n$/),
    });
  });
});

describe('skein check', () => {
  test('U4, N2: says what differs from the log, also beside a running server, and ends with 1', async () => {
    const { server, url } = await serve();
    const lin = chat('1001', '1002', url);
    lin.type('hello');
    await lin.ends();
    expect((await new Skein(['check', '--data', dir]).ends()).code).toBe(0);
    await server.stop();
    const db = new DatabaseSync(join(dir, 'skein.db'));
    db.exec('UPDATE members SET unread = 99');
    db.close();
    const { code, out } = await new Skein(['check', '--data', dir]).ends();
    expect(code).toBe(1);
    expect(out).toMatch(/dm:1001:1002: user 1002 has 99 unread, the log says 1 \(N2\)/);
  });
});

describe('skein dev', () => {
  test('serves the demo on this machine, on the next port when one is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const dev = new Skein(['dev', '--data', dir, '--port', String(port)]);
    await dev.says(/Ctrl-C ends it/);
    expect(dev.out).toContain(`Port ${port} is taken`);
    const [, url = ''] = await dev.says(/(http:\/\/127\.0\.0\.1:\d+)\n/);
    const demo = (await (await fetch(`${url}/demo.json`)).json()) as {
      people: { id: string; name: string; token: string }[];
    };
    expect(demo).toMatchObject({
      people: [
        { id: '1001', name: 'Lin' },
        { id: '1002', name: 'Mei' },
      ],
      customer: { id: '2001' },
      agent: { id: '9001' },
    });
    const answer = await fetch(`${url}/skein.v1.ChatService/GetUnread`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${demo.people[0]?.token}` },
      body: '{}',
    });
    expect(answer.status).toBe(200);
    expect(dev.out).toMatch(/mosquitto_pub -p \d+ -u 1001/);
    expect(await dev.stop('SIGINT')).toBe(0);
    other.close();
  });
});
