import type { UserId } from '@skein/protocol';
import type {
  ConversationSummary,
  Feed,
  InboxPosition,
  Missed,
  StoredEntry,
  UnreadStatics,
} from '../store.ts';
import { prepareBig } from './database.ts';
import { LogEntry } from './entry.ts';
import { timeOfId } from './id-sequence.ts';
import type { Conversation, Member } from './state.ts';
import type { Tables } from './tables.ts';
import type { WriteBehind } from './write-behind.ts';

/** What one user has: the feed, what is unread, what was missed. */
export class Lists {
  private readonly tables: Tables;
  private readonly writeBehind: WriteBehind;
  private readonly changedSince;
  private readonly withUnread;
  private readonly waitingFor;
  private readonly totals;

  constructor(tables: Tables, writeBehind: WriteBehind) {
    this.tables = tables;
    this.writeBehind = writeBehind;
    const { db } = tables;
    this.changedSince = prepareBig(
      db,
      'SELECT conversation, version FROM members WHERE user = ? AND version > ? ORDER BY version LIMIT ?',
    );
    this.withUnread = prepareBig(
      db,
      'SELECT conversation FROM members WHERE user = ? AND unread > 0 ORDER BY version DESC LIMIT ?',
    );
    this.waitingFor = prepareBig(
      db,
      `SELECT m.conversation FROM conversations c JOIN members m ON m.user = ? AND m.conversation = c.key
       WHERE c.waiting_seq IS NOT NULL AND m.gone = 0 ORDER BY c.waiting_since LIMIT ?`,
    );
    this.totals = db.prepare(
      `SELECT (SELECT coalesce(sum(unread), 0) FROM members WHERE user = ?1 AND unread > 0) AS unread,
              (SELECT count(*) FROM conversations c JOIN members m ON m.user = ?1 AND m.conversation = c.key
               WHERE c.waiting_seq IS NOT NULL AND m.gone = 0) AS unreplied`,
    );
  }

  feed(userId: UserId, sinceVersion: number, limit: number): Feed {
    const user = this.tables.users.get(userId);
    // The position first: what changes after this line is at most told twice.
    const { version } = user;
    this.writeBehind.flushUser(user);
    const rows = this.changedSince.all(user.key, sinceVersion, limit + 1);
    const changes = rows.slice(0, limit).map((row) => this.summary(Number(row.conversation), userId));
    return { version, changes, more: rows.length > limit };
  }

  unread(userId: UserId, limit: number): UnreadStatics {
    const user = this.tables.users.get(userId);
    const { version } = user;
    this.writeBehind.flushUser(user);
    const totals = this.totals.get(user.key) as { unread: number; unreplied: number };
    const keys = new Set<number>();
    if (totals.unread > 0) {
      for (const row of this.withUnread.all(user.key, limit)) keys.add(Number(row.conversation));
    }
    if (totals.unreplied > 0) {
      for (const row of this.waitingFor.all(user.key, limit)) keys.add(Number(row.conversation));
    }
    const conversations = [...keys].map((key) => this.summary(key, userId));
    conversations.sort((a, b) => b.version - a.version);
    return {
      version,
      totalUnread: totals.unread,
      totalUnreplied: totals.unreplied,
      conversations: conversations.slice(0, limit),
    };
  }

  private summary(key: number, userId: UserId): ConversationSummary {
    const conversation = this.tables.conversations.byKey(key);
    const member = conversation.members.get(userId);
    if (!member) throw new Error(`conversation ${key} has no member row of the user whose list names it`);
    return {
      conversationId: conversation.id,
      version: member.version,
      lastSeq: member.gone ? 0 : conversation.head,
      readSeq: member.read,
      unread: member.unread,
      reply: conversation.reply,
      left: member.gone,
      lastEntry: member.gone ? undefined : this.lastEntry(conversation, member),
      updateTime: timeOfId(conversation.lastId),
    };
  }

  /** The newest entry, unless the member joined after it. */
  private lastEntry(conversation: Conversation, member: Member): StoredEntry | undefined {
    if (conversation.name.kind === 'group' && conversation.head <= member.joined) return undefined;
    const row = this.tables.entries.find(conversation.key, conversation.head);
    return row && new LogEntry(conversation.id, conversation.name, row);
  }

  inboxPosition(userId: UserId): InboxPosition {
    return { id: this.tables.entries.lastId(), version: this.tables.users.get(userId).version };
  }

  /**
   * Every entry raises its members' feeds, so that only conversations changed since the position's version can hold
   * something newer. Each is read from its end backwards, and the oldest of all are handed out.
   */
  missed(userId: UserId, after: InboxPosition, limit: number): Missed {
    const user = this.tables.users.get(userId);
    const newest: InboxPosition = { id: this.tables.entries.lastId(), version: user.version };
    if (newest.version === after.version) return { entries: [], position: newest, more: false };
    this.writeBehind.flushUser(user);
    const found: StoredEntry[] = [];
    for (const row of this.changedSince.iterate(user.key, after.version, -1)) {
      this.collectAfter(
        this.tables.conversations.byKey(Number(row.conversation)),
        userId,
        after.id,
        limit,
        found,
      );
    }
    found.sort((a, b) => (a.id < b.id ? -1 : 1));
    if (found.length <= limit) return { entries: found, position: newest, more: false };
    const entries = found.slice(0, limit);
    // The version stays: the conversations of the entries that were left behind must be found again.
    return { entries, position: { id: entries.at(-1)!.id, version: after.version }, more: true };
  }

  /** The first entries of a conversation with a greater id, at most one more than the limit. */
  private collectAfter(
    conversation: Conversation,
    userId: UserId,
    afterId: bigint,
    limit: number,
    found: StoredEntry[],
  ): void {
    const member = conversation.members.get(userId);
    if (!member || member.gone || conversation.lastId <= afterId) return;
    let from = this.firstSeqAfter(conversation, afterId);
    if (conversation.name.kind === 'group') from = Math.max(from, member.joined + 1);
    for (const row of this.tables.entries.listAfter(conversation.key, from - 1, limit + 1)) {
      found.push(new LogEntry(conversation.id, conversation.name, row));
    }
  }

  /** Ids grow with seq: a search by halves. */
  private firstSeqAfter(conversation: Conversation, afterId: bigint): number {
    let low = 1;
    let high = conversation.head;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = this.tables.entries.find(conversation.key, middle);
      if (!row) throw new Error(`conversation ${conversation.key} has no entry ${middle} (O1)`);
      if (row.id > afterId) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
