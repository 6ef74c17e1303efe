import type { SeqRange } from '@skein/chat';
import type { LogEntry, MemberPosition } from '../entry.ts';
import type { ConversationRow, MetaRow, OutboxRow, SavedState, Transaction } from '../rows.ts';

/** A device's storage in memory: what survives a crash of the core. */
export class Disk {
  meta: MetaRow | undefined;
  readonly conversations = new Map<string, ConversationRow>();
  readonly positions = new Map<string, readonly MemberPosition[]>();
  readonly entries = new Map<string, Map<number, LogEntry>>();
  readonly outbox = new Map<string, OutboxRow>();

  /** Keeps all of it. */
  apply(transaction: Transaction): void {
    const { clear, removedConversations, meta, conversations, positions, entries, outbox, removedSends } =
      transaction;
    if (clear) {
      this.meta = undefined;
      for (const table of [this.conversations, this.positions, this.entries]) table.clear();
    }
    for (const id of removedConversations) {
      for (const table of [this.conversations, this.positions, this.entries]) table.delete(id);
    }
    if (meta) this.meta = meta;
    for (const row of conversations) this.conversations.set(row.conversationId, row);
    for (const { conversationId, members } of positions) this.positions.set(conversationId, members);
    for (const { conversationId, entry } of entries) {
      if (!this.entries.has(conversationId)) this.entries.set(conversationId, new Map());
      this.entries.get(conversationId)!.set(entry.seq, entry);
    }
    for (const row of outbox) this.outbox.set(row.clientMessageId, row);
    for (const key of removedSends) this.outbox.delete(key);
  }

  saved(): SavedState {
    return {
      ...(this.meta && { meta: this.meta }),
      conversations: [...this.conversations.values()],
      outbox: [...this.outbox.values()],
    };
  }

  range(conversationId: string, range: SeqRange | undefined): LogEntry[] {
    const entries = this.entries.get(conversationId);
    if (!range || !entries) return [];
    const found: LogEntry[] = [];
    for (let seq = range.from; seq <= range.to; seq += 1) {
      const entry = entries.get(seq);
      if (entry) found.push(entry);
    }
    return found;
  }

  /** Numbers that a range says are here and are not (S3). */
  missing(): string[] {
    return [...this.conversations.values()].flatMap(({ conversationId, log }) => {
      const missing: string[] = [];
      for (const { from, to } of log ? [...log.older, log.newest] : []) {
        for (let seq = from; seq <= to; seq += 1) {
          if (!this.entries.get(conversationId)?.has(seq)) missing.push(`${conversationId} ${seq}`);
        }
      }
      return missing;
    });
  }
}
