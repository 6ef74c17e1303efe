import type { DatabaseSync } from 'node:sqlite';
import { nothingAsked } from '@skein/chat';
import type { UserId } from '@skein/protocol';
import type { ConversationSummary, Feed, StoredEntry, UnreadStatics } from '../store.ts';
import { prepareBig } from './database.ts';
import { LogEntry } from './entry.ts';
import { timeOfId } from './id-sequence.ts';
import type { Conversation, Member, User } from './state.ts';
import type { Tables } from './tables.ts';
import { serves } from './users.ts';

/**
 * What one user has: the feed and what is unread. It is read from the rows, and for the few memberships that are not
 * written yet from memory; nothing is written for it, so that it can be read while nothing can be written.
 */
export class Lists {
  private readonly tables: Tables;
  private readonly changedSince;
  private readonly withUnread;
  private readonly totalUnread;
  private readonly waitingForServant;
  private readonly waitingForCustomer;

  constructor(tables: Tables) {
    this.tables = tables;
    const { db } = tables;
    this.changedSince = prepareBig(
      db,
      'SELECT conversation, version FROM members WHERE user = ? AND version > ? ORDER BY version LIMIT ?',
    );
    this.withUnread = prepareBig(
      db,
      `SELECT conversation FROM members INDEXED BY members_with_unread
       WHERE user = ? AND unread > 0 ORDER BY version DESC LIMIT ?`,
    );
    this.totalUnread = db.prepare(
      `SELECT coalesce(sum(unread), 0) AS n FROM members INDEXED BY members_with_unread
       WHERE user = ? AND unread > 0`,
    );
    // Of the many conversations of those who serve few are waiting; customers have few conversations.
    this.waitingForServant = prepareWaiting(
      db,
      'conversations c INDEXED BY conversations_waiting CROSS JOIN members m ON m.conversation = c.key',
    );
    this.waitingForCustomer = prepareWaiting(
      db,
      'members m CROSS JOIN conversations c ON c.key = m.conversation',
    );
  }

  private waitingFor(user: User) {
    return serves(user.role) ? this.waitingForServant : this.waitingForCustomer;
  }

  feed(userId: UserId, sinceVersion: number, limit: number): Feed {
    const user = this.tables.users.get(userId);
    const rows = this.changedSince.all(user.key, sinceVersion, limit + 1 + user.dirtyMembers.size);
    const changed = this.merged(user, rows, (member) => member.version > sinceVersion);
    changed.sort((a, b) => a.version - b.version);
    return {
      version: user.version,
      changes: changed.slice(0, limit).map((member) => this.summary(member)),
      more: changed.length > limit,
    };
  }

  unread(userId: UserId, limit: number): UnreadStatics {
    const user = this.tables.users.get(userId);
    const most = limit + user.dirtyMembers.size;
    const listed = new Set([
      ...this.merged(user, this.withUnread.all(user.key, most), (member) => member.unread > 0),
      ...this.merged(user, this.waitingFor(user).list.all(user.key, most), isWaiting),
    ]);
    const latest = [...listed].sort((a, b) => b.version - a.version).slice(0, limit);
    return {
      version: user.version,
      ...this.totals(user),
      conversations: latest.map((member) => this.summary(member)),
    };
  }

  private totals(user: User): Pick<UnreadStatics, 'totalUnread' | 'totalUnreplied'> {
    let { n: totalUnread } = this.totalUnread.get(user.key) as { n: number };
    let { n: totalUnreplied } = this.waitingFor(user).total.get(user.key) as { n: number };
    for (const member of user.dirtyMembers) {
      totalUnread += member.unread - member.savedUnread;
      totalUnreplied += Number(isWaiting(member)) - Number(member.conversation.savedWaiting);
    }
    return { totalUnread, totalUnreplied };
  }

  /** The memberships that rows name, and of those that are not written yet the ones that belong among them. */
  private merged(
    user: User,
    rows: readonly Record<string, unknown>[],
    belongs: (member: Member) => boolean,
  ): Member[] {
    const members = rows
      .map((row) => this.member(Number(row.conversation), user))
      .filter((member) => !user.dirtyMembers.has(member));
    for (const member of user.dirtyMembers) if (belongs(member)) members.push(member);
    return members;
  }

  private member(key: number, user: User): Member {
    const member = this.tables.conversations.byKey(key).members.get(user.id);
    if (!member) throw new Error(`conversation ${key} has no member row of the user whose list names it`);
    return member;
  }

  private summary(member: Member): ConversationSummary {
    const { conversation } = member;
    const left = member.gone;
    return {
      conversationId: conversation.id,
      version: member.version,
      lastSeq: left ? 0 : conversation.head,
      readSeq: member.read,
      unread: member.unread,
      reply: left ? nothingAsked : conversation.reply,
      left,
      closed: !left && conversation.closed,
      lastEntry: left ? undefined : this.lastEntry(conversation, member),
      updateTime: left ? 0 : timeOfId(conversation.lastId),
    };
  }

  /** The newest entry, unless the member joined after it. */
  private lastEntry(conversation: Conversation, member: Member): StoredEntry | undefined {
    if (conversation.name.kind === 'group' && conversation.head <= member.joined) return undefined;
    const row = this.tables.entries.find(conversation.key, conversation.head);
    return row && new LogEntry(conversation.id, conversation.name, row);
  }
}

function prepareWaiting(db: DatabaseSync, from: string) {
  const waiting = `FROM ${from} WHERE m.user = ?1 AND m.gone = 0 AND c.waiting_seq IS NOT NULL`;
  return {
    list: prepareBig(db, `SELECT m.conversation ${waiting} ORDER BY m.version DESC LIMIT ?2`),
    total: db.prepare(`SELECT count(*) AS n ${waiting}`),
  };
}

function isWaiting({ conversation }: Member): boolean {
  return conversation.reply.waiting !== undefined;
}
