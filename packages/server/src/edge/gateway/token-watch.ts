import type { Millis } from '@skein/chat';

/** A session is told this long before its token expires. */
const noticeMs: Millis = 60_000;

/** What a connection's token says of the present: nothing, once that it will soon expire, or that it has. */
export class TokenWatch {
  private readonly expiresAt: Millis;
  private noticed = false;

  constructor(expiresAt: Millis) {
    this.expiresAt = expiresAt;
  }

  /** @param listening whether the session has subscribed to notices by now: the one notice is not wasted before */
  look(now: Millis, listening: boolean): 'holds' | 'expires soon' | 'expired' {
    const remainingMs = this.expiresAt - now;
    if (remainingMs <= 0) return 'expired';
    if (remainingMs > noticeMs || this.noticed || !listening) return 'holds';
    this.noticed = true;
    return 'expires soon';
  }
}
