import type { Millis } from '@skein/chat';
import { isUserId, type Refusal, refusal, type UserId } from '@skein/protocol';
import {
  createRemoteJWKSet,
  errors,
  type JWTHeaderParameters,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose';
import type { Role } from '../store/store.ts';
import type { Authenticator, Identity } from './identity.ts';
import type { Revocations } from './revocations.ts';

/** The `aud` of every token for this server: one made for another service does not open it. */
const audience = 'skein';

export const roles: readonly Role[] = ['customer', 'agent', 'admin', 'service'];

/** A token of ours has some hundred bytes, one of a large identity provider some thousand. */
const maxTokenLength = 8 * 1024;

const maxNameLength = 200;

/** Verifications that are remembered: a page's calls and its tabs come with the same token. */
const maxRemembered = 2_000;

/** The signature algorithms of a key server. HS256 is never among them, so a public key is never taken for a secret. */
const publicKeyAlgorithms: readonly string[] = ['RS256', 'ES256', 'EdDSA'];

export interface AuthenticatorOptions {
  /** Accepts HS256 tokens signed with it. */
  readonly secret?: Uint8Array | undefined;
  /** Accepts RS256, ES256 and EdDSA tokens signed with one of the keys at this address. */
  readonly jwksUrl?: string | undefined;
  readonly revocations?: Revocations | undefined;
  readonly clock: () => Millis;
}

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  return new TokenAuthenticator(options);
}

interface Verified {
  readonly identity: Identity;
  /** When the token was made; 0 when it does not say, so that any revocation of its user covers it. */
  readonly issuedAt: Millis;
}

class TokenAuthenticator implements Authenticator {
  private readonly options: AuthenticatorOptions;
  private readonly remoteKeys: ReturnType<typeof createRemoteJWKSet> | undefined;
  /** By token, the longest known first. */
  private readonly remembered = new Map<string, Verified>();

  constructor(options: AuthenticatorOptions) {
    this.options = options;
    this.remoteKeys = options.jwksUrl ? createRemoteJWKSet(new URL(options.jwksUrl)) : undefined;
  }

  async authenticate(token: string): Promise<Identity | Refusal> {
    const verified = this.recall(token) ?? (await this.verify(token));
    if ('refused' in verified) return verified;
    if (this.options.revocations?.covers(verified.identity, verified.issuedAt)) {
      return refusal('NOT_ALLOWED', 'the token has been revoked: get a new one');
    }
    return verified.identity;
  }

  private recall(token: string): Verified | undefined {
    const known = this.remembered.get(token);
    if (known === undefined || known.identity.expiresAt > this.options.clock()) return known;
    this.remembered.delete(token);
    return undefined;
  }

  private async verify(token: string): Promise<Verified | Refusal> {
    if (token.length > maxTokenLength) {
      return refusal('NOT_ALLOWED', `the token is longer than ${maxTokenLength} bytes`);
    }
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, (header, jws) => this.keyFor(header, jws), {
        audience,
        requiredClaims: ['exp', 'sub'],
        algorithms: ['HS256', ...publicKeyAlgorithms],
        currentDate: new Date(this.options.clock()),
      }));
    } catch (error) {
      return explain(error);
    }
    const verified = readClaims(payload);
    if (!('refused' in verified)) this.remember(token, verified);
    return verified;
  }

  /** The algorithm decides which kind of key is looked at; keys and addresses named by the token itself never do. */
  private keyFor(header: JWTHeaderParameters, jws: Parameters<ReturnType<typeof createRemoteJWKSet>>[1]) {
    if (header.alg === 'HS256') {
      if (this.options.secret) return this.options.secret;
    } else if (this.remoteKeys) {
      return this.remoteKeys(header, jws).catch(blameKeyServer);
    }
    throw new errors.JOSEAlgNotAllowed('no key is set up for this algorithm');
  }

  private remember(token: string, verified: Verified): void {
    if (this.remembered.size >= maxRemembered) {
      this.remembered.delete(this.remembered.keys().next().value!);
    }
    this.remembered.set(token, verified);
  }
}

function readClaims(payload: JWTPayload): Verified | Refusal {
  const { exp = 0, iat = 0, jti, role = 'customer', name } = payload;
  // The library has checked the types of times and audience, and of nothing else.
  const sub: unknown = payload.sub;
  if (typeof sub !== 'string' || !isUserId(sub)) {
    return refusal('NOT_ALLOWED', 'sub is not a user id: a decimal number from 1 to 2^64-1 is needed');
  }
  const known = roles.find((one) => one === role);
  if (known === undefined) return refusal('NOT_ALLOWED', `role is not one of ${roles.join(', ')}`);
  return {
    issuedAt: iat * 1000,
    identity: {
      userId: sub,
      role: known,
      name: typeof name === 'string' && name !== '' ? name.slice(0, maxNameLength) : undefined,
      expiresAt: Math.min(exp * 1000, Number.MAX_SAFE_INTEGER),
      tokenId: typeof jti === 'string' ? jti : undefined,
    },
  };
}

/** In our own words: those of the library may quote the token's content. */
function explain(error: unknown): Refusal {
  if (error instanceof errors.JWTExpired)
    return refusal('NOT_ALLOWED', 'the token has expired: get a new one');
  if (error instanceof errors.JWTClaimValidationFailed) {
    return refusal('NOT_ALLOWED', `the token's claim ${error.claim} is missing or wrong`);
  }
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) {
    return refusal('NOT_ALLOWED', "the token's algorithm is not accepted here");
  }
  if (error instanceof KeysUnavailable) return refusal('UNAVAILABLE', error.message);
  return refusal('NOT_ALLOWED', 'the token is not a JWT signed by a key that is accepted here');
}

class KeysUnavailable extends Error {
  override readonly message = 'the keys that verify tokens cannot be fetched: try again';
}

/** A key that is not there is the token's fault; anything else (no answer, nonsense) is the key server's. */
function blameKeyServer(error: unknown): never {
  const asked =
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported;
  throw asked ? error : new KeysUnavailable();
}

export interface NewToken {
  readonly userId: UserId;
  readonly role: Role;
  readonly name?: string | undefined;
  readonly ttlSeconds: number;
  /** By which this token alone can be revoked. */
  readonly tokenId?: string | undefined;
}

/** Signs a token with the installation's secret. */
export async function mintToken(token: NewToken, secret: Uint8Array, clock: () => Millis): Promise<string> {
  const now = clock();
  const claims = { role: token.role, ...(token.name === undefined ? {} : { name: token.name }) };
  const jwt = new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(token.userId)
    .setAudience(audience)
    // With its milliseconds: a token made right after its user was revoked must be newer than the revocation.
    .setIssuedAt(now / 1000)
    .setExpirationTime(Math.floor(now / 1000) + token.ttlSeconds);
  if (token.tokenId !== undefined) jwt.setJti(token.tokenId);
  return jwt.sign(secret);
}
