import type { Seq } from '@skein/chat';
import type { ConversationName, ConversationState } from '@skein/protocol';
import type { Context } from './context.ts';
import { emptyList, type Known, withEntry, withRead, withState } from './counts.ts';
import type { LogEntry } from './entry.ts';
import { recentEntries } from './limits.ts';
import type { ListRow } from './rows.ts';
import type { Window } from './window.ts';

/** What is unread and unanswered in one conversation, kept in step with its log and its feed. */
export class Tally {
  readonly #kind: ConversationName['kind'];
  readonly #context: Context;
  #row: ListRow;
  /** The last entries that were counted, for what a recall or an answer is about. */
  #recent: LogEntry[] = [];

  constructor(kind: ConversationName['kind'], context: Context, row: ListRow = emptyList) {
    this.#kind = kind;
    this.#context = context;
    this.#row = row;
  }

  get row(): ListRow {
    return this.#row;
  }

  /** The next entry of the log. */
  count(entry: LogEntry, window: Window | undefined): void {
    this.#row = withEntry(this.#row, entry, this.#known(window));
    this.#recent.push(entry);
    if (this.#recent.length > recentEntries) this.#recent.shift();
  }

  /** @returns false when the server's word is older than what is known. */
  told(state: ConversationState): boolean {
    const before = this.#row;
    this.#row = withState(before, state);
    if (this.#row === before) return false;
    if (this.#row.lastSeq === Number(state.lastSeq)) this.#recent = [];
    return true;
  }

  /** @param entries all above `seq`, if they are at hand */
  read(seq: Seq, entries: Iterable<LogEntry> | undefined): void {
    this.#row = withRead(this.#row, seq, this.#context.userId, entries);
  }

  #known(window: Window | undefined): Known {
    const { userId, replyPolicy } = this.#context;
    return {
      userId,
      policy: replyPolicy,
      kind: this.#kind,
      find: (seq) => {
        const found = window?.find(seq) ?? this.#recent.find((entry) => entry.seq === seq);
        return window?.isRecalled(seq) ? undefined : found;
      },
      above: (seq) => {
        const entries = window?.reachesTo(seq + 1) ? window.entries : this.#recent;
        return entries.filter((entry) => entry.seq > seq);
      },
    };
  }
}
