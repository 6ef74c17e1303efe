import type { Seq } from '@skein/chat';
import type { UserId } from '@skein/protocol';
import type { InboxPosition, Missed } from '../store.ts';
import { prepareBig } from './database.ts';
import { type EntryRow, LogEntry } from './entry.ts';
import { newestId } from './entry-table.ts';
import type { Conversation, User } from './state.ts';
import type { Tables } from './tables.ts';
import { VisibleEntries } from './visible-entries.ts';

/** So many changed conversations for each entry that is asked for are too many to open. */
const manyChanged = 4;

/** What a user's session is fed from: the entries of all their conversations, in the order of storing. */
export class Inbox {
  private readonly tables: Tables;
  private readonly visible: VisibleEntries;
  private readonly changedSince;

  constructor(tables: Tables) {
    this.tables = tables;
    this.visible = new VisibleEntries(tables.db);
    this.changedSince = prepareBig(
      tables.db,
      `SELECT m.conversation FROM members m JOIN conversations c ON c.key = m.conversation
       WHERE m.user = ? AND m.version > ? AND m.gone = 0 AND c.last_id > ? LIMIT ?`,
    );
  }

  /** The newest position: nothing is missed after it. */
  position(userId: UserId): InboxPosition {
    return { id: this.tables.entries.lastId(), version: this.tables.users.get(userId).version };
  }

  /**
   * Every entry raises its members' feeds, so that only conversations changed since the position's version can hold
   * something newer. Of their entries the oldest are handed out. When those conversations are many, most of the log
   * is the user's own, and is read along.
   */
  missed(userId: UserId, after: InboxPosition, limit: number): Missed {
    const newest = this.position(userId);
    if (newest.version === after.version) return { entries: [], position: newest, more: false };
    const user = this.tables.users.get(userId);
    const changed = this.changed(user, after, manyChanged * limit);
    return changed
      ? this.merged(changed, user, after, newest, limit)
      : this.alongTheLog(user, after, newest, limit);
  }

  private alongTheLog(user: User, after: InboxPosition, newest: InboxPosition, limit: number): Missed {
    const { rows, through } = this.visible.after(user.key, after.id, limit);
    const entries = rows.map(({ conversation: key, row }) => {
      const { id, name } = this.tables.conversations.byKey(key);
      return new LogEntry(id, name, row);
    });
    return through === undefined
      ? { entries, position: newest, more: false }
      : { entries, position: { id: through, version: after.version }, more: true };
  }

  private merged(
    changed: Iterable<Conversation>,
    user: User,
    after: InboxPosition,
    newest: InboxPosition,
    limit: number,
  ): Missed {
    const oldest = new Oldest(limit + 1);
    for (const conversation of changed) {
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

  /** The conversations that have something newer; undefined: more than so many. */
  private changed(user: User, { id, version }: InboxPosition, most: number): Set<Conversation> | undefined {
    const { conversations } = this.tables;
    const rows = this.changedSince.all(user.key, version, id, most + 1);
    if (rows.length > most) return undefined;
    const changed = new Set(rows.map((row) => conversations.byKey(Number(row.conversation))));
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
