import type { Changed, ConnectionView, ConversationView, ListView, SendView, UserInput } from '@skein/sync';
import type { ConnectionState } from '../connection/state.ts';

/** All snapshots of a client, as they stand; each is the same object until it changes. */
export interface Snapshots {
  conversation(conversationId: string): ConversationView | undefined;
  list(): ListView;
  connection(): ConnectionView;
  /** Undefined: never heard of, or long done. */
  send(clientMessageId: string): SendView | undefined;
  /** How the line stands. */
  line(): ConnectionState;
}

/** What the client's features stand on: the core in this page, or the one in the tab that leads. */
export interface Core extends Snapshots {
  /** Resolves when it has been taken in; what follows from it is told by `subscribe`. */
  command(input: UserInput): Promise<void>;
  /** Called after changes, once for all that changed at the same time. Answers how to stop. */
  subscribe(listener: (changes: readonly Changed[]) => void): () => void;
  close(): void;
}
