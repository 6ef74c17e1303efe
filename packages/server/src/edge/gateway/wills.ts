import type { Millis } from '@skein/chat';
import type { Identity } from '../../auth/identity.ts';
import type { Session } from '../session.ts';

interface Waiting {
  readonly dueAt: Millis;
  readonly identity: Identity;
  readonly send: () => void;
}

/** Wills that wait for their delay (MQTT 5): one for each session, and none once the session goes on [MQTT-3.1.3-9]. */
export class Wills {
  private readonly waiting = new Map<string, Waiting>();

  /** @param dueAt in the time of {@link tick} */
  add({ userId, clientId }: Session, will: Waiting): void {
    this.waiting.set(keyOf(userId, clientId), will);
  }

  /** The session goes on, or another took its place. */
  drop({ userId, clientId }: Session): void {
    this.waiting.delete(keyOf(userId, clientId));
  }

  /** A1: a will is a publish of the one whose token it was. */
  revoke(covers: (identity: Identity) => boolean): void {
    for (const [key, { identity }] of this.waiting) if (covers(identity)) this.waiting.delete(key);
  }

  tick(now: Millis): void {
    for (const [key, { dueAt, send }] of this.waiting) {
      if (dueAt > now) continue;
      this.waiting.delete(key);
      send();
    }
  }
}

function keyOf(userId: string, clientId: string): string {
  return `${userId} ${clientId}`;
}
