import type { Changed, ConnectionView, ConversationView, ListView, SendView, UserInput } from '@skein/sync';
import type { ConnectionState } from '../connection/state.ts';
import { SkeinError } from '../error.ts';
import { Changes } from './changes.ts';
import type { Core } from './core.ts';

type SendInput = Extract<UserInput, { type: 'send' }>;

/** A command that no core has said to have taken. */
interface Untaken {
  readonly input: UserInput;
  readonly taken: () => void;
  readonly failed: (error: unknown) => void;
}

const emptyList: ListView = {
  sync: { name: 'catching up' },
  conversations: [],
  totalUnread: 0,
  totalUnreplied: 0,
};

/**
 * The core that leads at present, whichever that is: none while the client opens, and another one after a change of the
 * leading tab. The next one is given what the one before was asked and did not answer, what is open on the screen, and
 * what was sent and not said to be kept, with its key (I1).
 */
export class CurrentCore implements Core {
  readonly #changes = new Changes();
  readonly #untaken = new Set<Untaken>();
  readonly #opened = new Map<string, number>();
  readonly #unkept = new Map<string, SendInput>();
  readonly #absent: ConnectionView;
  #line: ConnectionState;
  #core: Core | undefined;
  #unsubscribe: () => void = () => {};
  #closed = false;

  /** @param now since when there is no connection */
  constructor(now: number) {
    this.#absent = { state: { name: 'offline', since: now }, pending: 0, failed: 0, keeping: true };
    this.#line = { name: 'connecting', since: now };
  }

  /** How it stands with opening, before there is a core. */
  opening(line: ConnectionState): void {
    this.#line = line;
    this.#changes.add({ what: 'connection' });
  }

  /** From here on it is this core; the one before is closed. */
  become(core: Core): void {
    if (this.#closed) {
      core.close();
      return;
    }
    this.#unsubscribe();
    this.#core?.close();
    this.#core = core;
    this.#unsubscribe = core.subscribe((changes) => this.#pass(changes));
    // What the core refuses of this it says in its snapshots.
    for (const input of this.#repeated()) core.command(input).catch(() => {});
    for (const untaken of this.#untaken) this.#give(core, untaken);
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
    return this.#core?.line() ?? this.#line;
  }

  command(input: UserInput): Promise<void> {
    if (this.#closed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      const done = (settle: () => void) => () => {
        if (this.#untaken.delete(untaken)) this.#taken(input);
        settle();
      };
      const untaken: Untaken = {
        input,
        taken: done(resolve),
        failed: (error) => done(() => reject(error))(),
      };
      this.#untaken.add(untaken);
      if (this.#core) this.#give(this.#core, untaken);
    });
  }

  subscribe(listener: (changes: readonly Changed[]) => void): () => void {
    return this.#changes.subscribe(listener);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unsubscribe();
    this.#core?.close();
    for (const { failed } of [...this.#untaken]) failed(closedError());
    this.#changes.add({ what: 'connection' });
  }

  #give(core: Core, { input, taken, failed }: Untaken): void {
    core.command(input).then(taken, (error) => {
      // A core that was replaced is closed, and its command is with the next one.
      if (this.#core === core) failed(error);
    });
  }

  #taken(input: UserInput): void {
    if (input.type === 'send') {
      this.#unkept.set(input.clientMessageId, input);
      this.#forgetKept();
    }
    if (input.type !== 'open' && input.type !== 'close') return;
    const count = (this.#opened.get(input.conversationId) ?? 0) + (input.type === 'open' ? 1 : -1);
    if (count > 0) this.#opened.set(input.conversationId, count);
    else this.#opened.delete(input.conversationId);
  }

  #repeated(): UserInput[] {
    const opens = [...this.#opened].flatMap(([conversationId, count]) =>
      Array.from({ length: count }, () => ({ type: 'open' as const, conversationId })),
    );
    return [...opens, ...this.#unkept.values()];
  }

  #pass(changes: readonly Changed[]): void {
    this.#forgetKept();
    for (const changed of changes) this.#changes.add(changed);
  }

  #forgetKept(): void {
    for (const key of this.#unkept.keys()) {
      const state = this.#core?.send(key)?.state;
      if (state !== undefined && state !== 'keeping' && state !== 'not kept') this.#unkept.delete(key);
    }
  }
}

function closedError(): SkeinError {
  return new SkeinError('CLOSED_CLIENT', 'the client was closed: make a new one');
}
