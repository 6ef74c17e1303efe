import type { Changed, ConversationView, SendView, UserInput } from '@skein/sync';
import type { Core } from '../core/core.ts';
import { SkeinError } from '../error.ts';
import { type Channel, type FromFollower, type SharedSnapshots, shareConversation } from './channel.ts';
import type { TabLocks } from './locks.ts';

/** The sends of other tabs whose states are told; a tab with more of them on the way sees the later ones in its views. */
const maxWatchedSends = 1_000;

/** Shares the core of this tab with the others: takes their commands, and tells them what changed. */
export class Leader {
  readonly #core: Core;
  readonly #channel: Channel;
  readonly #locks: TabLocks;
  readonly #name: string;
  readonly #shared = new Map<string, ConversationView>();
  readonly #watchedSends = new Map<string, SendView | undefined>();
  /** By tab, what is open on its screen. */
  readonly #opened = new Map<string, Map<string, number>>();
  readonly #unsubscribe: () => void;
  #closed = false;

  constructor(core: Core, channel: Channel, locks: TabLocks, name: string) {
    this.#core = core;
    this.#channel = channel;
    this.#locks = locks;
    this.#name = name;
    this.#unsubscribe = core.subscribe((changes) => this.#share(changes));
    channel.postMessage({ type: 'leading', leader: name });
  }

  receive(message: FromFollower): void {
    if (this.#closed) return;
    this.#meet(message.tab);
    if (message.type === 'hello') this.#shareAll(message.tab);
    else this.#command(message);
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribe();
  }

  #command({ tab, number, input }: Extract<FromFollower, { type: 'command' }>): void {
    const answer = { type: 'answer' as const, leader: this.#name, tab, number };
    if (input.type === 'send' && this.#watchedSends.size < maxWatchedSends)
      this.#watchedSends.set(input.clientMessageId, undefined);
    this.#note(tab, input);
    this.#core.command(input).then(
      () => {
        if (this.#closed) return;
        // What the command changed at once goes before its answer.
        const ids = 'conversationId' in input ? [input.conversationId] : [];
        this.#share(ids.map((conversationId) => ({ what: 'conversation', conversationId })));
        this.#channel.postMessage(answer);
      },
      (error) => {
        const { code, message } =
          error instanceof SkeinError ? error : new SkeinError('MISUSE', String(error));
        if (!this.#closed) this.#channel.postMessage({ ...answer, error: { code, message } });
      },
    );
  }

  /** Everything, for a tab that knows nothing. The others are told first what changed, so that all go on from the same. */
  #shareAll(tab: string): void {
    this.#share([...this.#openedIds()].map((conversationId) => ({ what: 'conversation', conversationId })));
    const conversations = [...this.#openedIds()].flatMap((id) => {
      const view = this.#shared.get(id);
      return view ? [shareConversation(undefined, view)] : [];
    });
    this.#post({ conversations, sends: [], ...this.#whole() }, tab);
  }

  #whole() {
    return { list: this.#core.list(), connection: this.#core.connection(), line: this.#core.line() };
  }

  #share(changes: readonly Changed[]): void {
    if (this.#opened.size === 0) return;
    const opened = this.#openedIds();
    const conversations = changes.flatMap((changed) => {
      if (changed.what !== 'conversation' || !opened.has(changed.conversationId)) return [];
      const view = this.#core.conversation(changed.conversationId);
      const before = this.#shared.get(changed.conversationId);
      if (view === undefined || view === before) return [];
      this.#shared.set(changed.conversationId, view);
      return [shareConversation(before, view)];
    });
    const sends = this.#changedSends();
    const { list, connection, line } = this.#whole();
    const others = {
      ...(changes.some(({ what }) => what === 'list') && { list }),
      ...(changes.some(({ what }) => what === 'connection') && { connection, line }),
    };
    if (conversations.length + sends.length + Object.keys(others).length === 0) return;
    this.#post({ conversations, sends, ...others });
  }

  #post(snapshots: SharedSnapshots, tab?: string): void {
    this.#channel.postMessage({ type: 'snapshots', leader: this.#name, ...(tab && { tab }), ...snapshots });
  }

  #changedSends(): SendView[] {
    const changed: SendView[] = [];
    for (const [key, before] of this.#watchedSends) {
      const now = this.#core.send(key);
      if (now === undefined || now === before) continue;
      changed.push(now);
      if (now.state === 'read') this.#watchedSends.delete(key);
      else this.#watchedSends.set(key, now);
    }
    return changed;
  }

  #openedIds(): Set<string> {
    return new Set([...this.#opened.values()].flatMap((ids) => [...ids.keys()]));
  }

  #note(tab: string, input: UserInput): void {
    if (input.type !== 'open' && input.type !== 'close') return;
    const ids = this.#opened.get(tab)!;
    const count = (ids.get(input.conversationId) ?? 0) + (input.type === 'open' ? 1 : -1);
    if (count > 0) ids.set(input.conversationId, count);
    else ids.delete(input.conversationId);
  }

  /** A tab holds a lock as long as it lives: once we get it, the tab is gone, and what it had open is closed. */
  #meet(tab: string): void {
    if (this.#opened.has(tab)) return;
    this.#opened.set(tab, new Map());
    this.#locks.whenFree(tab, () => {
      const ids = this.#opened.get(tab);
      this.#opened.delete(tab);
      if (this.#closed || ids === undefined) return;
      for (const [conversationId, count] of ids)
        for (let i = 0; i < count; i++) this.#core.command({ type: 'close', conversationId }).catch(() => {});
    });
  }
}
