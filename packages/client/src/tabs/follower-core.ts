import type { Changed, ConnectionView, ConversationView, ListView, SendView, UserInput } from '@skein/sync';
import type { ConnectionState } from '../connection/state.ts';
import { Changes } from '../core/changes.ts';
import type { Core } from '../core/core.ts';
import { SkeinError } from '../error.ts';
import { type Channel, type FromLeader, joinConversation } from './channel.ts';

/** Nothing is known yet. */
export interface EmptySnapshots {
  readonly list: ListView;
  readonly connection: ConnectionView;
  readonly line: ConnectionState;
}

/** Sends are remembered until they have been read, and this many of them. */
const maxSends = 1_000;

/** The core of the leading tab, seen from another one: commands go there, and its snapshots come here. */
export class FollowerCore implements Core {
  readonly #channel: Channel;
  readonly #tab: string;
  /** The tab that leads. */
  readonly leader: string;
  readonly #changes = new Changes();
  readonly #conversations = new Map<string, ConversationView>();
  readonly #sends = new Map<string, SendView>();
  readonly #asked = new Map<number, { taken: () => void; failed: (error: SkeinError) => void }>();
  #list: ListView;
  #connection: ConnectionView;
  #line: ConnectionState;
  #commands = 0;

  constructor(channel: Channel, tab: string, leader: string, empty: EmptySnapshots) {
    this.#channel = channel;
    this.#tab = tab;
    this.leader = leader;
    this.#list = empty.list;
    this.#connection = empty.connection;
    this.#line = empty.line;
    channel.postMessage({ type: 'hello', tab });
  }

  receive(message: FromLeader): void {
    if (message.leader !== this.leader) return;
    if (message.type === 'answer' && message.tab === this.#tab) this.#answered(message);
    if (message.type === 'snapshots' && (message.tab ?? this.#tab) === this.#tab) this.#take(message);
  }

  conversation(conversationId: string): ConversationView | undefined {
    return this.#conversations.get(conversationId);
  }

  list(): ListView {
    return this.#list;
  }

  connection(): ConnectionView {
    return this.#connection;
  }

  send(clientMessageId: string): SendView | undefined {
    return this.#sends.get(clientMessageId);
  }

  line(): ConnectionState {
    return this.#line;
  }

  command(input: UserInput): Promise<void> {
    const number = ++this.#commands;
    return new Promise((taken, failed) => {
      this.#asked.set(number, { taken, failed });
      this.#channel.postMessage({ type: 'command', tab: this.#tab, number, input });
    });
  }

  subscribe(listener: (changes: readonly Changed[]) => void): () => void {
    return this.#changes.subscribe(listener);
  }

  /** Unanswered commands stay unanswered: whoever gave them gives them to the next core. */
  close(): void {
    this.#asked.clear();
  }

  #answered({ number, error }: Extract<FromLeader, { type: 'answer' }>): void {
    const asked = this.#asked.get(number);
    this.#asked.delete(number);
    if (error) asked?.failed(new SkeinError(error.code, error.message));
    else asked?.taken();
  }

  #take({ conversations, list, connection, line, sends }: Extract<FromLeader, { type: 'snapshots' }>): void {
    for (const shared of conversations) {
      const { conversationId } = shared.view;
      const view = joinConversation(this.#conversations.get(conversationId), shared);
      if (view === undefined) {
        this.#channel.postMessage({ type: 'hello', tab: this.#tab });
        return;
      }
      this.#conversations.set(conversationId, view);
      this.#changes.add({ what: 'conversation', conversationId });
    }
    for (const send of sends) this.#remember(send);
    this.#list = list ?? this.#list;
    this.#connection = connection ?? this.#connection;
    this.#line = line ?? this.#line;
    if (list) this.#changes.add({ what: 'list' });
    if (connection || line || sends.length > 0) this.#changes.add({ what: 'connection' });
  }

  #remember(send: SendView): void {
    this.#sends.delete(send.clientMessageId);
    this.#sends.set(send.clientMessageId, send);
    const [oldest] = this.#sends.keys();
    if (this.#sends.size > maxSends) this.#sends.delete(oldest!);
  }
}
