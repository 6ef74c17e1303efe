import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { expect } from 'vitest';
import { tryCall } from '../faults/call.ts';
import { LineLost } from '../faults/device.ts';
import type { Case } from './case.ts';
import { mallory, type Stage, secret, victim } from './stage.ts';

const notAuthorized = 0x87;

type Parts = readonly [header: object, claims: Readonly<Record<string, unknown>>];

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const unsigned = (...[header, claims]: Parts) => `${part(header)}.${part(claims)}`;
const hs256 = (secret: string | Buffer, ...parts: Parts) =>
  `${unsigned(...parts)}.${createHmac('sha256', secret)
    .update(unsigned(...parts))
    .digest('base64url')}`;

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const publicPem = publicKey.export({ type: 'spki', format: 'pem' });
const rs256 = (...parts: Parts) =>
  `${unsigned(...parts)}.${sign('sha256', Buffer.from(unsigned(...parts)), privateKey).toString('base64url')}`;

const inAnHour = () => Math.floor(Date.now() / 1000) + 3_600;
const claims = () => ({ sub: mallory, role: 'admin', aud: 'skein', exp: inAnHour() });
const jwk = publicKey.export({ format: 'jwk' });

/** Tokens that open nothing, made of a good one of mallory's or of nothing. */
const bad: Record<string, (good: string) => string> = {
  'no token at all': () => 'x',
  'an empty signature': (good) => `${good.split('.').slice(0, 2).join('.')}.`,
  'alg none': () => `${unsigned({ alg: 'none' }, claims())}.`,
  'alg None': () => `${unsigned({ alg: 'None' }, claims())}.`,
  'no alg': () => `${unsigned({}, claims())}.`,
  'claims that were changed': (good) => {
    const [header, , signature] = good.split('.');
    return [header, part(claims()), signature].join('.');
  },
  'another secret': () => hs256('guess', { alg: 'HS256' }, claims()),
  'an empty secret': () => hs256('', { alg: 'HS256' }, claims()),
  'a public key taken for a secret': () => hs256(String(publicPem), { alg: 'HS256' }, claims()),
  'a key of its own in jwk': () => rs256({ alg: 'RS256', jwk }, claims()),
  'a key of its own behind jku': () =>
    rs256({ alg: 'RS256', jku: 'http://127.0.0.1:1/keys', kid: '1' }, claims()),
  'a key of its own behind x5u': () => rs256({ alg: 'RS256', x5u: 'http://127.0.0.1:1/cert' }, claims()),
  'a kid that is a path': () => hs256('', { alg: 'HS256', kid: '../../../../dev/null' }, claims()),
  'a critical header that nobody knows': () =>
    hs256('x', { alg: 'HS256', crit: ['b64'], b64: false }, claims()),
  'a token of 9 KiB': () => hs256('x', { alg: 'HS256' }, { ...claims(), name: 'x'.repeat(9_000) }),
};

const now = () => Math.floor(Date.now() / 1000);

/** Signed with the server's secret, and wrong in what they claim. */
const badClaims: Record<string, () => Readonly<Record<string, unknown>>> = {
  expired: () => ({ exp: now() - 1 }),
  'no expiry': () => ({ exp: undefined }),
  'an expiry that is text': () => ({ exp: String(inAnHour()) }),
  'not valid yet': () => ({ nbf: inAnHour() }),
  'another audience': () => ({ aud: 'shop' }),
  'no audience': () => ({ aud: undefined }),
  'no user': () => ({ sub: undefined }),
  'a user that is a number': () => ({ sub: Number(mallory) }),
  'a user that is a name': () => ({ sub: 'mallory' }),
  'user 0': () => ({ sub: '0' }),
  'a user beyond 64 bits': () => ({ sub: '18446744073709551616' }),
  'a user with a leading zero': () => ({ sub: `0${mallory}` }),
  'a role that does not exist': () => ({ role: 'root' }),
  'a role that is a list': () => ({ role: ['admin'] }),
};

/** Who somebody is not. */
export const tokens: Case[] = [
  ...Object.entries(bad).map(([name, make]) => ({
    name,
    run: (stage: Stage) => opensNothing(stage, make(stage.token(mallory))),
  })),
  ...Object.entries(badClaims).map(([name, make]) => ({
    name,
    run: (stage: Stage) => opensNothing(stage, hs256(secret, { alg: 'HS256' }, { ...claims(), ...make() })),
  })),
  { name: 'as such, the claims open the door', run: goodClaims },
  { name: 'somebody else’s token', run: foreignToken },
  { name: 'a good token in the address of a call', run: tokenInAddress },
];

async function opensNothing(stage: Stage, token: string): Promise<void> {
  expect(await tryCall(stage.server, token, 'ListConversations', {})).toMatchObject({ status: 401 });
  for (const version of [4, 5] as const) {
    const refused = await stage.connect(mallory, { token, version }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(LineLost);
    expect((refused as LineLost).close).toMatchObject({ cause: 'refused', reasonCode: notAuthorized });
  }
}

/** Without this, all of the above could be refused for something else. */
async function goodClaims(stage: Stage): Promise<void> {
  const token = hs256(secret, { alg: 'HS256' }, { ...claims(), role: 'customer' });
  expect(await tryCall(stage.server, token, 'ListConversations', {})).toMatchObject({ status: 200 });
}

async function foreignToken(stage: Stage): Promise<void> {
  const refused = await stage
    .connect(victim, { token: stage.token(mallory) })
    .catch((error: unknown) => error);
  expect((refused as LineLost).close).toMatchObject({ cause: 'refused', reasonCode: notAuthorized });
}

async function tokenInAddress(stage: Stage): Promise<void> {
  const token = stage.token(mallory);
  for (const name of ['access_token', 'token', 'authorization']) {
    const response = await fetch(
      `${stage.server.url}/skein.v1.ChatService/ListConversations?${name}=${token}`,
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' },
    );
    expect(response.status).toBe(401);
  }
}
