import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { mintToken } from './token.ts';

it('a minted token carries the claims, and the signature of its secret', () => {
  const [header, claims, signature] = mintToken('secret', {
    user: '18446744073709551615',
    role: 'agent',
    ttlS: 60,
  }).split('.');
  const decoded = JSON.parse(Buffer.from(claims!, 'base64url').toString()) as Record<string, unknown>;
  expect(decoded).toMatchObject({ sub: '18446744073709551615', role: 'agent', aud: 'skein' });
  expect(Number(decoded.exp) - Number(decoded.iat)).toBe(60);
  expect(signature).toBe(createHmac('sha256', 'secret').update(`${header}.${claims}`).digest('base64url'));
});
