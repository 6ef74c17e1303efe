import { createHmac } from 'node:crypto';

/** A JWT as Skein takes it (HS256, audience skein), valid for `ttlS` seconds. */
export function customerToken(secret: string, userId: number, nowMs: number, ttlS: number): string {
  const claims = {
    sub: String(userId),
    role: 'customer',
    aud: 'skein',
    exp: Math.floor(nowMs / 1000) + ttlS,
  };
  const signed = [{ alg: 'HS256', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
