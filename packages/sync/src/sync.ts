import type { Millis } from '@skein/chat';
import type { Effect } from './effect.ts';
import type { Input } from './input.ts';
import type { ConnectionView, ConversationView, ListView, SendView } from './view.ts';

/** The client's core: the inputs of one user's device go in with the present time, effects and snapshots come out. */
export class Sync {
  /** @param _now Unix milliseconds of the device's clock */
  handle(_input: Input, _now: Millis): void {
    throw new Error('to be joined from its machines');
  }

  nextEffect(): Effect | undefined {
    return undefined;
  }

  /** When to send a tick at the latest, if at all. */
  deadline(): Millis | undefined {
    return undefined;
  }

  /** The snapshot of a conversation that is open; the same object until it changes. */
  conversation(_conversationId: string): ConversationView | undefined {
    return undefined;
  }

  list(): ListView {
    return { sync: { name: 'catching up' }, conversations: [], totalUnread: 0, totalUnreplied: 0 };
  }

  connection(): ConnectionView {
    return { state: { name: 'offline', since: 0 }, pending: 0, failed: 0, keeping: true };
  }

  /** What became of a send. */
  send(_clientMessageId: string): SendView | undefined {
    return undefined;
  }
}
