import type { Changed, ConnectionView, ConversationView, ListView, SendView, UserInput } from '@skein/sync';
import type { ConnectionState } from '../connection/state.ts';
import { SkeinError } from '../error.ts';
import { Changes } from './changes.ts';
import type { Core } from './core.ts';

type SendInput = Extract<UserInput, { type: 'send' }>;

const emptyList: ListView = {
  sync: { name: 'catching up' },
  conversations: [],
  totalUnread: 0,
  totalUnreplied: 0,
};

/**
 * The core that leads at present, whichever that is: none while the client opens, and another one after a change of the
 * leading tab. What is on the screen is opened again in the next one, and what was sent and not yet kept is sent again
 * with its key (I1).
 */
export class CurrentCore implements Core {
  readonly #changes = new Changes();
  readonly #opened = new Map<string, number>();
  readonly #unkept = new Map<string, SendInput>();
  readonly #absent: ConnectionView;
  readonly #connecting: ConnectionState;
  #core: Core | undefined;
  #waiting: {
    readonly input: UserInput;
    readonly taken: () => void;
    readonly failed: (error: unknown) => void;
  }[] = [];
  #unsubscribe: () => void = () => {};
  #closed = false;

  /** @param now since when there is no connection */
  constructor(now: number) {
    this.#absent = { state: { name: 'offline', since: now }, pending: 0, failed: 0, keeping: true };
    this.#connecting = { name: 'connecting', since: now };
  }

  /** From here on it is this core; the one before is the caller's to close. */
  become(core: Core): void {
    if (this.#closed) {
      core.close();
      return;
    }
    this.#unsubscribe();
    this.#core = core;
    this.#unsubscribe = core.subscribe((changes) => this.#pass(changes));
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#repeat(
      core,
      waiting.map(({ input }) => input),
    );
    for (const { input, taken, failed } of waiting) core.command(input).then(taken, failed);
    this.#changes.add({ what: 'list' });
    this.#changes.add({ what: 'connection' });
    for (const conversationId of this.#opened.keys())
      this.#changes.add({ what: 'conversation', conversationId });
  }

  conversation(conversationId: string): ConversationView | undefined {
    return this.#core?.conversation(conversationId);
  }

  list(): ListView {
    return this.#core?.list() ?? emptyList;
  }

  connection(): ConnectionView {
    return this.#core?.connection() ?? this.#absent;
  }

  send(clientMessageId: string): SendView | undefined {
    return this.#core?.send(clientMessageId);
  }

  line(): ConnectionState {
    return this.#core?.line() ?? this.#connecting;
  }

  command(input: UserInput): Promise<void> {
    if (this.#closed) {
      return Promise.reject(new SkeinError('CLOSED_CLIENT', 'the client was closed: make a new one'));
    }
    this.#note(input);
    if (this.#core) return this.#core.command(input);
    return new Promise((taken, failed) => {
      this.#waiting.push({ input, taken, failed });
    });
  }

  subscribe(listener: (changes: readonly Changed[]) => void): () => void {
    return this.#changes.subscribe(listener);
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    this.#core?.close();
    const error = new SkeinError('CLOSED_CLIENT', 'the client was closed before it had opened');
    for (const { failed } of this.#waiting) failed(error);
    this.#waiting = [];
  }

  #note(input: UserInput): void {
    if (input.type === 'send') this.#unkept.set(input.clientMessageId, input);
    if (input.type !== 'open' && input.type !== 'close') return;
    const count = (this.#opened.get(input.conversationId) ?? 0) + (input.type === 'open' ? 1 : -1);
    if (count > 0) this.#opened.set(input.conversationId, count);
    else this.#opened.delete(input.conversationId);
  }

  /** @param coming what the new core is told in any case */
  #repeat(core: Core, coming: readonly UserInput[]): void {
    const isComing = (key: string) =>
      coming.some((one) => one.type === 'send' && one.clientMessageId === key);
    const repeated: UserInput[] = [...this.#unkept.values()].filter(
      (send) => !isComing(send.clientMessageId),
    );
    for (const [conversationId, count] of this.#opened) {
      const opens = coming.filter(
        (one) => one.type === 'open' && one.conversationId === conversationId,
      ).length;
      const closes = coming.filter(
        (one) => one.type === 'close' && one.conversationId === conversationId,
      ).length;
      for (let i = opens - closes; i < count; i++) repeated.push({ type: 'open', conversationId });
    }
    // What the core refuses here it says in its snapshots.
    for (const input of repeated) core.command(input).catch(() => {});
  }

  #pass(changes: readonly Changed[]): void {
    for (const key of this.#unkept.keys()) {
      const state = this.#core?.send(key)?.state;
      if (state !== undefined && state !== 'keeping') this.#unkept.delete(key);
    }
    for (const changed of changes) this.#changes.add(changed);
  }
}
