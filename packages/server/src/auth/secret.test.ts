import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SetupProblem } from '../config/problem.ts';
import { loadSecret } from './secret.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'skein-secret-'));
});

afterEach(() => {
  rmSync(dir, { recursive: true });
});

test('a secret is made once, for its owner only', () => {
  const data = join(dir, 'new', 'data');
  const secret = loadSecret(data, undefined);
  expect(secret.length).toBeGreaterThanOrEqual(32);
  expect(loadSecret(data, undefined)).toEqual(secret);
  expect(statSync(join(data, 'secret')).mode & 0o777).toBe(0o600);
  expect(loadSecret(join(dir, 'other'), undefined)).not.toEqual(secret);
});

test('the setting wins over the file, and the file can be used as the setting', () => {
  const made = loadSecret(dir, undefined);
  expect(loadSecret(dir, 'x'.repeat(32))).toEqual(new TextEncoder().encode('x'.repeat(32)));
  expect(loadSecret(dir, readFileSync(join(dir, 'secret'), 'utf8').trim())).toEqual(made);
});

test('a short secret is refused with a line that says how to make one, and does not show it', () => {
  expect(() => loadSecret(dir, 'hunter2')).toThrow(SetupProblem);
  expect(() => loadSecret(dir, 'hunter2')).toThrow(/SKEIN_SECRET holds 7 bytes.*32.*openssl/);
  writeFileSync(join(dir, 'secret'), 'short');
  expect(() => loadSecret(dir, undefined)).toThrow(/holds 5 bytes/);
});

test('a directory that cannot be made is a line that says what to do', () => {
  expect(() => loadSecret('/proc/skein/data', undefined)).toThrow(/\/proc\/skein\/data \(ENOENT\)/);
  writeFileSync(join(dir, 'file'), '');
  expect(() => loadSecret(join(dir, 'file', 'data'), undefined)).toThrow(
    /cannot write to the data directory .*ENOTDIR.*--data DIR$/,
  );
});

test('a secret that cannot be read is a line that says what to do', () => {
  mkdirSync(join(dir, 'secret'));
  expect(() => loadSecret(dir, undefined)).toThrow(/cannot use the secret.*EISDIR.*set SKEIN_SECRET$/);
});
