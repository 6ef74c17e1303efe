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

  look(now: Millis): 'holds' | 'expires soon' | 'expired' {
    const remainingMs = this.expiresAt - now;
    if (remainingMs <= 0) return 'expired';
    if (remainingMs > noticeMs || this.noticed) return 'holds';
    this.noticed = true;
    return 'expires soon';
  }
}
