import type { InName, UserId } from '@skein/protocol';
import type { StoredEntry } from '../store/store.ts';

/** Who listens now. The edge implements it; the chat side knows nothing of sockets and sessions. */
export interface Audience {
  /** Offers a committed entry to all sessions of these users. */
  deliver(entry: StoredEntry, members: Iterable<UserId>): void;
  /** Publishes to those of a user's sessions that subscribed to a topic; the payload is made only if there are any. */
  publish(user: UserId, name: InName, payload: () => Uint8Array, options?: PublishOptions): void;
  /** Whether any of a user's sessions subscribed to a topic. */
  listens(user: UserId, name: InName): boolean;
}

export interface PublishOptions {
  readonly qos?: 0 | 1;
  /** Not to this device: the one that caused it. */
  readonly except?: number;
}
