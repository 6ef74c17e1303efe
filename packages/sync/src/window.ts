import { isAmendment, MessageType, recalledBy, type Seq } from '@skein/chat';
import type { LogEntry } from './entry.ts';
import { windowEntries } from './limits.ts';
import type { EntryView } from './view.ts';

type OwnState = EntryView['state'];

/**
 * The entries of an open conversation in memory: a row without a hole that ends at the cursor. Since an amendment
 * follows what it amends, all that has been done to an entry in here is in here too (O6).
 */
export class Window {
  #entries: LogEntry[] = [];
  readonly #recalled = new Set<Seq>();
  readonly #edits = new Map<Seq, LogEntry>();
  readonly #views = new Map<Seq, EntryView>();

  get size(): number {
    return this.#entries.length;
  }

  get isFull(): boolean {
    return this.size >= windowEntries;
  }

  get first(): Seq | undefined {
    return this.#entries[0]?.seq;
  }

  /** By seq, without a hole. */
  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  find(seq: Seq): LogEntry | undefined {
    const first = this.first;
    return first === undefined ? undefined : this.#entries[seq - first];
  }

  /** Whether it holds everything from here to the cursor. */
  reachesTo(seq: Seq): boolean {
    const first = this.first;
    return first !== undefined && first <= seq;
  }

  isRecalled(seq: Seq): boolean {
    return this.#recalled.has(seq);
  }

  /** The entry after the last one. */
  append(entry: LogEntry): void {
    this.#entries.push(entry);
    this.#amend(entry);
    // In large steps, since each moves the rest.
    if (this.size > windowEntries * 1.1) this.#dropFirst(this.size - windowEntries);
  }

  /** The entries right before the first one, by seq. */
  prepend(entries: readonly LogEntry[]): void {
    this.#entries = [...entries, ...this.#entries];
    for (const entry of entries) this.#amend(entry);
  }

  #dropFirst(count: number): void {
    for (const { seq } of this.#entries.splice(0, count)) {
      this.#views.delete(seq);
      this.#recalled.delete(seq);
      this.#edits.delete(seq);
    }
  }

  #amend(entry: LogEntry): void {
    const recalled = recalledBy(entry);
    if (recalled !== undefined) {
      this.#recalled.add(recalled);
      this.#views.delete(recalled);
    }
    const { messageType, targetSeq, seq } = entry;
    if (messageType !== MessageType.EDIT || targetSeq === undefined || targetSeq >= seq) return;
    const before = this.#edits.get(targetSeq);
    if (before !== undefined && before.seq > seq) return;
    this.#edits.set(targetSeq, entry);
    this.#views.delete(targetSeq);
  }

  /** What is shown, by seq. Entries that look as before are the same objects. */
  views(stateOf: (entry: LogEntry) => OwnState): EntryView[] {
    const views: EntryView[] = [];
    for (const entry of this.#entries) {
      if (isAmendment(entry.messageType)) continue;
      const state = stateOf(entry);
      let view = this.#views.get(entry.seq);
      if (view === undefined || view.state !== state) {
        view = viewOfEntry(entry, state, this.#recalled.has(entry.seq), this.#edits.get(entry.seq));
        this.#views.set(entry.seq, view);
      }
      views.push(view);
    }
    return views;
  }
}

/** An entry as it is shown (O6). */
export function viewOfEntry(
  entry: LogEntry,
  state: OwnState,
  recalled = false,
  edit: LogEntry | undefined = undefined,
): EntryView {
  const { seq, messageId, senderId, time, messageType, targetSeq, clientMessageId, postProc } = entry;
  const said = recalled
    ? { content: '' }
    : edit
      ? { content: edit.content, editedTime: edit.time }
      : { content: entry.content };
  const extend = recalled ? undefined : (edit?.extend ?? entry.extend);
  return {
    seq,
    messageId,
    senderId,
    mine: state !== undefined,
    time,
    messageType,
    ...said,
    recalled,
    ...(extend !== undefined && { extend }),
    ...(targetSeq !== undefined && { targetSeq }),
    ...(clientMessageId !== undefined && { clientMessageId }),
    ...(postProc !== undefined && { postProc }),
    ...(state !== undefined && { state }),
  };
}
