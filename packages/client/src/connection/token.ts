import type { Millis } from '@skein/chat';
import { isUserId, type UserId } from '@skein/protocol';
import type { Clock } from '../device/clock.ts';
import { asSkeinError, SkeinError } from '../error.ts';

/** Asks the application's own back end for a token of its signed-in user. */
export type FetchToken = () => string | Promise<string>;

export interface Token {
  readonly text: string;
  readonly userId: UserId;
  readonly role: 'customer' | 'agent' | 'admin' | 'service' | undefined;
  /** Unix milliseconds, by the clock of whoever signed it. */
  readonly expiresAt: Millis;
}

/** So long before its end a token is not used for anything new. */
const marginMs: Millis = 10_000;

/** A back end that has not answered by then will not. */
const fetchTimeoutMs: Millis = 20_000;

/** The token in use, fetched when there is none or when it is about to end; one fetch at a time. */
export class Tokens {
  readonly #fetch: FetchToken;
  readonly #clock: Clock;
  #userId: UserId | undefined;
  #held: Token | undefined;
  #fetching: Promise<Token> | undefined;

  /** @param userId whose tokens they are; absent: that of the first one's user */
  constructor(fetch: FetchToken, clock: Clock, userId?: UserId) {
    this.#fetch = fetch;
    this.#clock = clock;
    this.#userId = userId;
  }

  /** @throws SkeinError UNAUTHENTICATED: the application gave none, or none that can be read */
  get(): Promise<Token> {
    const held = this.#held;
    if (held && held.expiresAt - this.#clock.now() > marginMs) return Promise.resolve(held);
    return this.renew();
  }

  /** A fresh one, whatever the held one is worth. */
  renew(): Promise<Token> {
    this.#fetching ??= this.#fetchOne().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  /** The server does not take it: the next `get` fetches another. */
  refuse(token: Token): void {
    if (this.#held === token) this.#held = undefined;
  }

  async #fetchOne(): Promise<Token> {
    let giveUp: () => void = () => {};
    const tooLate = new Promise<never>((_, reject) => {
      giveUp = this.#clock.at(this.#clock.now() + fetchTimeoutMs, () => reject(new Error('no answer')));
    });
    try {
      const token = readToken(await Promise.race([this.#fetch(), tooLate]));
      this.#userId ??= token.userId;
      if (token.userId !== this.#userId) {
        const whose = `the token is of user ${token.userId}, and this client is that of ${this.#userId}`;
        throw new SkeinError('UNAUTHENTICATED', `${whose}: close it, and make another one for another user`);
      }
      this.#held = token;
      return token;
    } catch (error) {
      throw asSkeinError(error, 'UNAUTHENTICATED', 'the application gave no token: see the cause');
    } finally {
      giveUp();
    }
  }
}

/** What a token says; whether it holds is the server's to judge. */
function readToken(text: string): Token {
  let claims: Record<string, unknown>;
  try {
    const base64 = text.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    claims = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch {
    throw new SkeinError(
      'UNAUTHENTICATED',
      'what token() answered is no JWT: answer the bare token as a string',
    );
  }
  const { sub, exp, role } = claims;
  if (typeof sub !== 'string' || !isUserId(sub) || typeof exp !== 'number') {
    throw new SkeinError('UNAUTHENTICATED', 'the token needs "sub", a user id in decimal, and "exp"');
  }
  return { text, userId: sub, role: role as Token['role'], expiresAt: exp * 1_000 };
}
