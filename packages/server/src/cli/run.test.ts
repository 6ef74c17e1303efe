import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadSecret } from '../auth/secret.ts';
import { createAuthenticator } from '../auth/tokens.ts';
import { run } from './run.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'skein-cli-'));
});

afterEach(() => {
  rmSync(dir, { recursive: true });
});

async function skein(words: string[], variables: Record<string, string> = {}) {
  const [input, out, err] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const code = await run(words, variables, { in: input, out, err });
  return { code, out: String(out.read() ?? ''), err: String(err.read() ?? '') };
}

describe('what was called wrongly is one line and exit code 2', () => {
  const wrong: [string, string[], RegExp][] = [
    [
      'an unknown command',
      ['sevre'],
      /unknown command "sevre", did you mean serve\? There are: serve, dev, token, chat, check/,
    ],
    [
      'an unknown option',
      ['serve', '--prot', '1'],
      /unknown option --prot, did you mean --port\?: "skein serve --help"/,
    ],
    ['an option of another command', ['token', '--port', '1'], /unknown option --port/],
    ['a secret as a flag', ['serve', '--secret', 'x'], /unknown option --secret/],
    ['a missing value', ['serve', '--port'], /--port needs a value: --port N/],
    ['a missing file', ['serve', '--config'], /--config needs a value: --config FILE/],
    ['a word too many', ['serve', 'now'], /"now" belongs to no option/],
    ['a wrong value', ['serve', '--port', 'x'], /--port is "x": it expects a whole number/],
    ['a token for nobody', ['token'], /say whose token it is: skein token --user 1001/],
    ['a token for user 0', ['token', '--user', '0'], /--user is "0": it expects a user id/],
    [
      'a token for an unknown role',
      ['token', '--user', '1', '--role', 'root'],
      /expects customer or agent or admin or service/,
    ],
    ['a chat with nobody', ['chat', '--as', '1001'], /say who you are and whom you write to/],
  ];
  test.each(wrong)('%s', async (_what, words, line) => {
    const { code, out, err } = await skein(words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(line);
    expect(err).toMatch(/^skein: [^\n]+\n$/);
  });

  test('a store that is not there', async () => {
    const { code, err } = await skein(['check', '--data', dir]);
    expect(code).toBe(2);
    expect(err).toMatch(/there is no store at .*skein\.db: say where it is with --data DIR\n$/);
  });
});

describe('help', () => {
  test('names every command, and each tells its options with their variables and defaults', async () => {
    const all = await skein([]);
    expect(all.code).toBe(0);
    for (const name of ['serve', 'dev', 'token', 'chat', 'check']) {
      expect(all.out).toContain(`\n  ${name} `);
      const { code, out } = await skein([name, '--help']);
      expect(code).toBe(0);
      expect(out).toContain(`skein ${name}: `);
      expect(out).toContain('--data DIR');
    }
    const serve = await skein(['serve', '-h']);
    expect(serve.out).toMatch(/--port N\n.*\(default 7080\) \[SKEIN_PORT\]/);
    expect(serve.out).not.toContain('--secret');
    expect((await skein(['dev', '-h'])).out).toContain('(default .skein/dev) [SKEIN_DATA]');
  });
});

describe('skein token', () => {
  const identityOf = (token: string) =>
    createAuthenticator({ secret: loadSecret(dir, undefined), clock: Date.now }).authenticate(token.trim());

  test('prints the token, nothing else', async () => {
    const { code, out, err } = await skein([
      'token',
      '--user',
      '1001',
      '--name',
      'Lin',
      '--ttl=60',
      '--data',
      dir,
    ]);
    expect({ code, err }).toEqual({
      code: 0,
      err: expect.stringMatching(/^skein: a new secret is made in [^\n]+\n$/),
    });
    expect(await skein(['token', '--user', '1001', '--data', dir])).toMatchObject({ code: 0, err: '' });
    expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(await identityOf(out)).toMatchObject({ userId: '1001', role: 'customer', name: 'Lin' });
  });

  test('is signed with the secret of the settings', async () => {
    const secret = 'a secret of the settings, at least 32 bytes';
    const { out } = await skein(['token', '--user', '9001', '--role', 'agent', '--data', dir], {
      SKEIN_SECRET: secret,
    });
    expect(await identityOf(out)).toMatchObject({ refused: 'NOT_ALLOWED' });
    const key = new TextEncoder().encode(secret);
    const authenticator = createAuthenticator({ secret: key, clock: Date.now });
    expect(await authenticator.authenticate(out.trim())).toMatchObject({ userId: '9001', role: 'agent' });
  });

  test('takes its data directory from the file too', async () => {
    const config = join(dir, 'skein.json');
    writeFileSync(config, JSON.stringify({ data: dir }));
    const { out } = await skein(['token', '--user', '7', '--config', config]);
    expect(await identityOf(out)).toMatchObject({ userId: '7' });
    expect(
      await identityOf((await skein(['token', '--user', '8'], { SKEIN_CONFIG: config })).out),
    ).toMatchObject({ userId: '8' });
  });
});
