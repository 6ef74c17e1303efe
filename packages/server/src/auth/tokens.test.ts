import { createServer, type Server } from 'node:http';
import { isRefusal } from '@skein/protocol';
import { exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuthenticator, mintToken } from './tokens.ts';

const secret = new TextEncoder().encode('a secret of the tests, at least 32 bytes long');
const now = Date.UTC(2026, 0, 31, 12);
const clock = () => now;
const inAnHour = now / 1000 + 3600;

const authenticator = createAuthenticator({ secret, clock });

function signed(claims: Record<string, unknown>, key: Uint8Array = secret): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(key);
}

const good = { sub: '1001', aud: 'skein', exp: inAnHour };

async function refusalOf(token: string, by = authenticator) {
  const answer = await by.authenticate(token);
  if (!isRefusal(answer)) throw new Error(`accepted as ${JSON.stringify(answer)}`);
  expect(answer.reason).not.toContain(token.slice(0, 24));
  return answer;
}

describe('A1: a token of the secret', () => {
  test('tells who its bearer is', async () => {
    const token = await mintToken(
      { userId: '18446744073709551615', role: 'agent', name: 'Sam', ttlSeconds: 60, tokenId: 't1' },
      secret,
      clock,
    );
    expect(await authenticator.authenticate(token)).toEqual({
      userId: '18446744073709551615',
      role: 'agent',
      name: 'Sam',
      expiresAt: now + 60_000,
      tokenId: 't1',
    });
  });

  test('without role and name is a customer without a name', async () => {
    expect(await authenticator.authenticate(await signed(good))).toMatchObject({
      role: 'customer',
      name: undefined,
    });
  });

  test('is no longer accepted once it has expired, also when it was accepted before', async () => {
    let time = now;
    const aging = createAuthenticator({ secret, clock: () => time });
    const token = await signed(good);
    expect(await aging.authenticate(token)).toMatchObject({ userId: '1001' });
    time = inAnHour * 1000;
    expect(await refusalOf(token, aging)).toMatchObject({ refused: 'NOT_ALLOWED', reason: /expired/ });
  });
});

describe('A1: refused with NOT_ALLOWED is a token', () => {
  const wrongClaims: [string, Record<string, unknown>][] = [
    ['that has expired', { ...good, exp: now / 1000 }],
    ['without an expiry', { sub: '1001', aud: 'skein' }],
    ['whose expiry is a text', { ...good, exp: String(inAnHour) }],
    ['that is not yet valid', { ...good, nbf: inAnHour }],
    ['without an audience', { sub: '1001', exp: inAnHour }],
    ['for another audience', { ...good, aud: 'another' }],
    ['without a subject', { aud: 'skein', exp: inAnHour }],
    ['of user 0', { ...good, sub: '0' }],
    ['of a user with a leading zero', { ...good, sub: '01001' }],
    ['of a user over 64 bits', { ...good, sub: '18446744073709551616' }],
    ['of a name instead of an id', { ...good, sub: 'lin' }],
    ['of a topic instead of an id', { ...good, sub: '1001/in/#' }],
    ['whose subject is a number', { ...good, sub: 1001 }],
    ['with an unknown role', { ...good, role: 'root' }],
    ['with two roles', { ...good, role: ['customer', 'admin'] }],
  ];
  test.each(wrongClaims)('%s', async (_what, claims) => {
    expect(await refusalOf(await signed(claims))).toMatchObject({ refused: 'NOT_ALLOWED' });
  });

  test('with alg none', async () => {
    const token = new UnsecuredJWT(good).encode();
    expect(await refusalOf(token)).toMatchObject({ refused: 'NOT_ALLOWED', reason: /algorithm/ });
    expect(await refusalOf(`${token}c2lnbmF0dXJl`)).toMatchObject({ refused: 'NOT_ALLOWED' });
  });

  test('signed with another secret', async () => {
    const token = await signed(good, new TextEncoder().encode('another secret, also at least 32 bytes'));
    expect(await refusalOf(token)).toMatchObject({ refused: 'NOT_ALLOWED' });
  });

  test("with another's id put into its payload", async () => {
    const [header, , signature] = (await signed(good)).split('.');
    const forged = Buffer.from(JSON.stringify({ ...good, sub: '1002' })).toString('base64url');
    expect(await refusalOf(`${header}.${forged}.${signature}`)).toMatchObject({ refused: 'NOT_ALLOWED' });
  });

  test('with the secret, but another hash', async () => {
    const token = await new SignJWT(good)
      .setProtectedHeader({ alg: 'HS512' })
      .sign(Buffer.concat([secret, secret]));
    expect(await refusalOf(token)).toMatchObject({ refused: 'NOT_ALLOWED' });
  });

  test('that critically needs what is not known here', async () => {
    const token = await new SignJWT(good)
      .setProtectedHeader({ alg: 'HS256', crit: ['scope'], scope: 'x' })
      .sign(secret, { crit: { scope: true } });
    expect(await refusalOf(token)).toMatchObject({ refused: 'NOT_ALLOWED' });
  });

  const noTokens: [string, string][] = [
    ['nothing', ''],
    ['two points', '..'],
    ['three words', 'a.b.c'],
    ['JSON', '{}'],
    ['twenty thousand letters', 'ey'.repeat(10_000)],
    ['a zero byte', '\0'],
    ['emoji', '🦊.🦊.🦊'],
  ];
  test.each(noTokens)('that is none: %s', async (_what, token) => {
    expect(await authenticator.authenticate(token)).toMatchObject({ refused: 'NOT_ALLOWED' });
  });
});

describe('A1: tokens of a key server', () => {
  let issuer: Server;
  let url: string;
  let requests: string[] = [];
  let publicPem: string;
  const keys = new Map<string, CryptoKey>();

  beforeAll(async () => {
    const jwks: JWK[] = [];
    for (const alg of ['RS256', 'ES256', 'EdDSA']) {
      const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
      keys.set(alg, privateKey);
      jwks.push({ ...(await exportJWK(publicKey)), kid: alg, alg });
      if (alg === 'RS256') publicPem = await exportSPKI(publicKey);
    }
    issuer = createServer((request, response) => {
      requests.push(request.url ?? '');
      response.end(JSON.stringify({ keys: jwks }));
    });
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
    const address = issuer.address();
    if (typeof address !== 'object' || !address) throw new Error('the issuer does not listen');
    url = `http://127.0.0.1:${address.port}/jwks`;
  });

  afterAll(() => {
    issuer.close();
  });

  const withHeader = (header: { alg: string; [name: string]: unknown }, key: CryptoKey | Uint8Array) =>
    new SignJWT(good).setProtectedHeader(header).sign(key);

  test.each(['RS256', 'ES256', 'EdDSA'])('%s is accepted', async (alg) => {
    const remote = createAuthenticator({ jwksUrl: url, clock });
    const token = await withHeader({ alg, kid: alg }, keys.get(alg)!);
    expect(await remote.authenticate(token)).toMatchObject({ userId: '1001' });
  });

  test('key confusion: the public key is never taken for an HS256 secret', async () => {
    const both = createAuthenticator({ secret, jwksUrl: url, clock });
    const remote = createAuthenticator({ jwksUrl: url, clock });
    const token = await withHeader({ alg: 'HS256', kid: 'RS256' }, new TextEncoder().encode(publicPem));
    expect(await refusalOf(token, both)).toMatchObject({ refused: 'NOT_ALLOWED' });
    expect(await refusalOf(token, remote)).toMatchObject({ refused: 'NOT_ALLOWED' });
  });

  test('HS256 of the installation is refused where only a key server is set up', async () => {
    const remote = createAuthenticator({ jwksUrl: url, clock });
    expect(await refusalOf(await signed(good), remote)).toMatchObject({ refused: 'NOT_ALLOWED' });
  });

  test('jku, x5u and jwk in a token are not followed', async () => {
    const stranger = await generateKeyPair('RS256', { extractable: true });
    const jwk = await exportJWK(stranger.publicKey);
    const remote = createAuthenticator({ jwksUrl: url, clock });
    requests = [];
    const elsewhere = url.replace('/jwks', '/elsewhere');
    for (const header of [{ jku: elsewhere }, { x5u: elsewhere }, { jwk }]) {
      const token = await withHeader({ alg: 'RS256', kid: 'stranger', ...header }, stranger.privateKey);
      expect(await refusalOf(token, remote)).toMatchObject({ refused: 'NOT_ALLOWED' });
    }
    expect(new Set(requests)).toEqual(new Set(['/jwks']));
  });

  test('a key server that cannot be reached is UNAVAILABLE: the token may be good', async () => {
    const remote = createAuthenticator({ jwksUrl: 'http://127.0.0.1:9/jwks', clock });
    const token = await withHeader({ alg: 'ES256', kid: 'ES256' }, keys.get('ES256')!);
    expect(await refusalOf(token, remote)).toMatchObject({ refused: 'UNAVAILABLE' });
  });
});
