import type { Millis } from '@skein/chat';
import type { Refusal, UserId } from '@skein/protocol';
import type { Role } from '../store/store.ts';

/** Who a token says its bearer is. */
export interface Identity {
  readonly userId: UserId;
  readonly role: Role;
  readonly name: string | undefined;
  /** Unix milliseconds: a session ends within a second of it. */
  readonly expiresAt: Millis;
  /** The token's `jti`, by which it can be revoked alone. */
  readonly tokenId: string | undefined;
}

/**
 * Tells who bears a token. Refused with NOT_ALLOWED when the token does not hold, with UNAVAILABLE when that could
 * not be found out (the key server does not answer). A reason never contains the token.
 */
export interface Authenticator {
  authenticate(token: string): Promise<Identity | Refusal>;
}
