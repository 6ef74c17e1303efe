import { createHmac } from 'node:crypto';

export type Role = 'customer' | 'agent' | 'admin' | 'service';

export interface TokenClaims {
  /** The user's id, in decimal. */
  readonly user: string;
  readonly role?: Role;
  readonly name?: string;
  /** Seconds from now until it expires; negative: it has. Default an hour. */
  readonly ttlS?: number;
}

/** A token as an installation's own back end would sign it: JWT, HS256. */
export function mintToken(
  secret: string,
  { user, role = 'customer', name, ttlS = 3600 }: TokenClaims,
): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: user, role, name, aud: 'skein', iat: now, exp: now + ttlS })}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
