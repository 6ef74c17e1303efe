import type { Millis } from '@skein/chat';
import type { SkeinError } from '../error.ts';

/** How the line to the server stands. */
export type ConnectionState =
  /** On the way: fetching a token, opening the line, or being admitted. */
  | { readonly name: 'connecting'; readonly since: Millis }
  /** Admitted and subscribed. */
  | { readonly name: 'online'; readonly since: Millis; readonly mqttVersion: 4 | 5 }
  /** Without a line; the next attempt is at `retryAt`, or as soon as the page is looked at or the network is back. */
  | {
      readonly name: 'waiting';
      readonly since: Millis;
      readonly retryAt: Millis;
      readonly reason: SkeinError;
    }
  /** `close()` was called. */
  | { readonly name: 'closed'; readonly since: Millis };
