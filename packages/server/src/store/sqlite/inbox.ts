import type { Seq } from '@skein/chat';
import type { UserId } from '@skein/protocol';
import type { InboxPosition, Missed } from '../store.ts';
import { prepareBig } from './database.ts';
import { type EntryRow, LogEntry } from './entry.ts';
import { newestId } from './entry-table.ts';
import type { Conversation, User } from './state.ts';
import type { Tables } from './tables.ts';

/** What a user's session is fed from: the entries of all their conversations, in the order of storing. */
export class Inbox {
  private readonly tables: Tables;
  private readonly changedSince;

  constructor(tables: Tables) {
    this.tables = tables;
    this.changedSince = prepareBig(
      tables.db,
      `SELECT m.conversation FROM members m JOIN conversations c ON c.key = m.conversation
       WHERE m.user = ? AND m.version > ? AND m.gone = 0 AND c.last_id > ?`,
    );
  }

  /** The newest position: nothing is missed after it. */
  position(userId: UserId): InboxPosition {
    return { id: this.tables.entries.lastId(), version: this.tables.users.get(userId).version };
  }

  /**
   * Every entry raises its members' feeds, so that only conversations changed since the position's version can hold
   * something newer. Of their entries the oldest are handed out.
   */
  missed(userId: UserId, after: InboxPosition, limit: number): Missed {
    const newest = this.position(userId);
    if (newest.version === after.version) return { entries: [], position: newest, more: false };
    const user = this.tables.users.get(userId);
    const oldest = new Oldest(limit + 1);
    for (const conversation of this.changed(user, after)) {
      const fromSeq = this.firstMissed(conversation, user, after.id);
      for (const row of this.tables.entries.iterateFrom(conversation.key, fromSeq, limit + 1)) {
        if (!oldest.offer(conversation, row)) break;
      }
    }
    const found = oldest.entries();
    if (found.length <= limit) return { entries: found, position: newest, more: false };
    const entries = found.slice(0, limit);
    // The version stays: the conversations of the entries that were left behind must be found again.
    return { entries, position: { id: entries.at(-1)!.id, version: after.version }, more: true };
  }

  private changed(user: User, { id, version }: InboxPosition): Set<Conversation> {
    const { conversations } = this.tables;
    const changed = new Set<Conversation>();
    for (const row of this.changedSince.all(user.key, version, id)) {
      changed.add(conversations.byKey(Number(row.conversation)));
    }
    // Those are not all written yet.
    for (const { conversation } of user.dirtyMembers) {
      if (conversation.lastId > id) changed.add(conversation);
    }
    return changed;
  }

  private firstMissed(conversation: Conversation, user: User, afterId: bigint): Seq {
    const { key, head, name, members } = conversation;
    const first = this.tables.entries.firstSeqAfter(key, afterId, head);
    // Who joins a group sees what comes after.
    return name.kind === 'group' ? Math.max(first, members.get(user.id)!.joined + 1) : first;
  }
}

/** The entries with the smallest ids among all that are offered, in memory for a few times as many. */
class Oldest {
  private readonly most: number;
  private kept: LogEntry[] = [];
  /** What is younger is not among the oldest. */
  private youngest = newestId;

  constructor(most: number) {
    this.most = most;
  }

  /** @param row of each conversation in ascending order. @returns false when all that follow are too young as well */
  offer(conversation: Conversation, row: EntryRow): boolean {
    if (row.id > this.youngest) return false;
    this.kept.push(new LogEntry(conversation.id, conversation.name, row));
    if (this.kept.length >= 4 * this.most) this.prune();
    return true;
  }

  private prune(): void {
    this.kept.sort((a, b) => (a.id < b.id ? -1 : 1));
    this.kept.length = Math.min(this.kept.length, this.most);
    if (this.kept.length === this.most) this.youngest = this.kept.at(-1)!.id;
  }

  entries(): LogEntry[] {
    this.prune();
    return this.kept;
  }
}
