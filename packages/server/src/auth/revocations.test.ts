import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLog } from '../observe/log.ts';
import { appendRevocation, openRevocations, type Revocation, type Revocations } from './revocations.ts';
import { createAuthenticator, mintToken } from './tokens.ts';

const secret = new TextEncoder().encode('a secret of the tests, at least 32 bytes long');
const pollMs = 5;

let dir: string;
let lines: string[];
let revocations: Revocations;
let now: number;

const open = () =>
  openRevocations(dir, createLog('json', 'info', { write: (line) => lines.push(line) }), pollMs);
const mint = (userId: string, tokenId?: string) =>
  mintToken({ userId, role: 'customer', ttlSeconds: 3600, tokenId }, secret, () => now);
const authenticate = (token: string) =>
  createAuthenticator({ secret, revocations, clock: () => now }).authenticate(token);
const nextRevocation = () =>
  new Promise<Revocation>((resolve) => {
    revocations.onRevoked(resolve);
  });

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'skein-revocations-'));
  lines = [];
  now = Date.UTC(2026, 0, 31, 12);
  revocations = open();
});

afterEach(() => {
  revocations.close();
  rmSync(dir, { recursive: true });
});

test("A1: a user's earlier tokens are refused, one made right afterwards is not", async () => {
  const before = await mint('1001');
  const other = await mint('1002');
  revocations.revoke({ userId: '1001', before: now });
  now += 1;
  const after = await mint('1001');
  expect(await authenticate(before)).toMatchObject({ refused: 'NOT_ALLOWED', reason: /revoked/ });
  expect(await authenticate(after)).toMatchObject({ userId: '1001' });
  expect(await authenticate(other)).toMatchObject({ userId: '1002' });
});

test('A1: a token that was accepted before is refused once it is revoked', async () => {
  const authenticator = createAuthenticator({ secret, revocations, clock: () => now });
  const token = await mint('1001', 'one');
  expect(await authenticator.authenticate(token)).toMatchObject({ userId: '1001' });
  revocations.revoke({ tokenId: 'one' });
  expect(await authenticator.authenticate(token)).toMatchObject({ refused: 'NOT_ALLOWED' });
});

test('A1: what another process revokes is noticed, and told once', async () => {
  const told: Revocation[] = [];
  revocations.onRevoked((revocation) => told.push(revocation));
  const first = nextRevocation();
  appendRevocation(dir, { userId: '1001', before: now });
  expect(await first).toEqual({ userId: '1001', before: now });
  const second = nextRevocation();
  appendRevocation(dir, { userId: '1001', before: now });
  appendRevocation(dir, { tokenId: 'two' });
  expect(await second).toEqual({ tokenId: 'two' });
  expect(told).toEqual([{ userId: '1001', before: now }, { tokenId: 'two' }]);
});

test('A1: revocations outlive the server', async () => {
  const token = await mint('1001');
  revocations.revoke({ userId: '1001', before: now });
  revocations.close();
  revocations = open();
  expect(await authenticate(token)).toMatchObject({ refused: 'NOT_ALLOWED' });
});

test('a line that is written in two parts is read when it is whole; one that is no revocation is logged', async () => {
  const file = join(dir, 'revocations');
  const told = nextRevocation();
  writeFileSync(file, 'nonsense\n{"userId":"0","before":1}\n{"tokenId":"th');
  appendFileSync(file, 'ree"}\n');
  expect(await told).toEqual({ tokenId: 'three' });
  expect(lines).toHaveLength(2);
  expect(lines[0]).toContain('revocation_not_understood');
});
