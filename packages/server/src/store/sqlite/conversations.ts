import type { DatabaseSync } from 'node:sqlite';
import type { Seq } from '@skein/chat';
import { nothingAsked } from '@skein/chat';
import { type ConversationName, fromSigned64, parseConversationId, type UserId } from '@skein/protocol';
import { prepareBig } from './database.ts';
import { bumpFeed, type Conversation, type Member, type User } from './state.ts';
import type { UserTable } from './users.ts';

interface ConversationRow {
  key: bigint;
  id: string;
  title: string | null;
  closed: bigint;
  head: bigint;
  last_id: bigint;
  answered_seq: bigint;
  waiting_seq: bigint | null;
  waiting_since: bigint | null;
}

interface MemberRow {
  user: bigint;
  joined: bigint;
  owner: bigint;
  gone: bigint;
  delivered: bigint;
  read: bigint;
  unread: bigint;
  version: bigint;
  applied: bigint;
}

/** Conversations and their members, in memory and as rows. */
export class ConversationTable {
  private readonly cache = new Map<string, Conversation>();
  private readonly keys = new Map<number, string>();
  private readonly users: UserTable;
  private readonly byId;
  private readonly idOfKey;
  private readonly insert;
  private readonly update;
  private readonly membersOf;
  private readonly upsertMember;
  private readonly updateDelivered;
  private members = 0;

  constructor(db: DatabaseSync, users: UserTable) {
    this.users = users;
    this.byId = prepareBig(
      db,
      `SELECT key, id, title, closed, head, last_id, answered_seq, waiting_seq, waiting_since
       FROM conversations WHERE id = ?`,
    );
    this.idOfKey = db.prepare('SELECT id FROM conversations WHERE key = ?');
    this.insert = db.prepare('INSERT INTO conversations (id, kind, title, last_id) VALUES (?, ?, ?, ?)');
    this.update = db.prepare(
      `UPDATE conversations SET title = ?, closed = ?, head = ?, last_id = ?, answered_seq = ?, waiting_seq = ?,
       waiting_since = ? WHERE key = ?`,
    );
    this.membersOf = prepareBig(
      db,
      `SELECT user, joined, owner, gone, delivered, read, unread, version, applied
       FROM members WHERE conversation = ?`,
    );
    this.upsertMember = db.prepare(
      `INSERT INTO members (user, conversation, joined, owner, gone, delivered, read, unread, version, applied)
       VALUES (?,?,?,?,?,?,?,?,?,?)
       ON CONFLICT (user, conversation) DO UPDATE SET joined = excluded.joined, owner = excluded.owner,
       gone = excluded.gone, delivered = excluded.delivered, read = excluded.read, unread = excluded.unread,
       version = excluded.version, applied = excluded.applied`,
    );
    this.updateDelivered = db.prepare('UPDATE members SET delivered = ? WHERE user = ? AND conversation = ?');
  }

  get(id: string): Conversation | undefined {
    return this.cache.get(id) ?? this.load(id);
  }

  /** The conversation of an entry's row. */
  byKey(key: number): Conversation {
    const id = this.keys.get(key) ?? (this.idOfKey.get(key) as { id: string } | undefined)?.id;
    const conversation = id === undefined ? undefined : this.get(id);
    if (!conversation) throw new Error(`the log has entries of conversation ${key}, which has no row`);
    return conversation;
  }

  private load(id: string): Conversation | undefined {
    const row = this.byId.get(id) as unknown as ConversationRow | undefined;
    if (!row) return undefined;
    const name = parseConversationId(id);
    if (!name) throw new Error(`the row of conversation ${row.key} has no valid id`);
    const conversation: Conversation = {
      key: Number(row.key),
      id,
      name,
      title: row.title ?? undefined,
      closed: row.closed !== 0n,
      head: Number(row.head),
      lastId: row.last_id,
      reply: {
        answeredSeq: Number(row.answered_seq),
        waiting:
          row.waiting_seq === null || row.waiting_since === null
            ? undefined
            : { seq: Number(row.waiting_seq), time: Number(row.waiting_since) },
      },
      members: new Map(),
      present: undefined,
      dirty: false,
      savedWaiting: row.waiting_seq !== null,
    };
    for (const raw of this.membersOf.all(conversation.key)) {
      this.addLoaded(conversation, raw as unknown as MemberRow);
    }
    this.remember(conversation);
    return conversation;
  }

  private addLoaded(conversation: Conversation, row: MemberRow): void {
    const user = this.users.get(fromSigned64(row.user).toString());
    conversation.members.set(user.id, {
      conversation,
      user,
      joined: Number(row.joined),
      owner: row.owner !== 0n,
      gone: row.gone !== 0n,
      delivered: Number(row.delivered),
      read: Number(row.read),
      unread: Number(row.unread),
      version: Number(row.version),
      applied: Number(row.applied),
      savedUnread: Number(row.unread),
    });
  }

  private remember(conversation: Conversation): void {
    this.cache.set(conversation.id, conversation);
    this.keys.set(conversation.key, conversation.id);
    this.members += conversation.members.size;
  }

  /** A new conversation without members. Within a transaction. */
  create(id: string, name: ConversationName, title?: string, lastId = 0n): Conversation {
    const { lastInsertRowid } = this.insert.run(id, name.kind, title ?? null, lastId);
    const conversation: Conversation = {
      key: Number(lastInsertRowid),
      id,
      name,
      title,
      closed: false,
      head: 0,
      lastId,
      reply: nothingAsked,
      members: new Map(),
      present: undefined,
      dirty: false,
      savedWaiting: false,
    };
    this.remember(conversation);
    return conversation;
  }

  /** Makes a user a member from the head on (N3). Within a transaction. */
  join(conversation: Conversation, user: User, { owner }: { owner: boolean }): Member {
    const at: Seq = conversation.head;
    const member: Member = {
      conversation,
      user,
      joined: at,
      owner,
      gone: false,
      delivered: at,
      read: at,
      unread: 0,
      version: 0,
      applied: at,
      savedUnread: 0,
    };
    if (!conversation.members.has(user.id)) this.members += 1;
    conversation.members.set(user.id, member);
    conversation.present = undefined;
    bumpFeed(member);
    this.save(member);
    return member;
  }

  /** Ends a membership: nothing committed later arrives (A1). Within a transaction. */
  leave(member: Member): void {
    member.gone = true;
    member.conversation.present = undefined;
    member.unread = 0;
    bumpFeed(member);
    this.save(member);
  }

  /**
   * Writes what only a member's row knows, in the transaction that changes it. The user's version goes along: it is
   * never to be read back lower than it was told.
   */
  save(member: Member): void {
    this.writeMember(member);
    this.users.write(member.user);
  }

  /** Writes that position alone. What else the row counts stays as of its `applied`. */
  saveDelivered(member: Member): void {
    this.updateDelivered.run(member.delivered, member.user.key, member.conversation.key);
  }

  write(conversation: Conversation): void {
    this.update.run(
      conversation.title ?? null,
      conversation.closed ? 1 : 0,
      conversation.head,
      conversation.lastId,
      conversation.reply.answeredSeq,
      conversation.reply.waiting?.seq ?? null,
      conversation.reply.waiting?.time ?? null,
      conversation.key,
    );
    conversation.dirty = false;
    conversation.savedWaiting = conversation.reply.waiting !== undefined;
  }

  /** The row of a member, and first that of the conversation, which is never older than its members' rows. */
  writeMember(member: Member): void {
    if (member.conversation.dirty) this.write(member.conversation);
    this.upsertMember.run(
      member.user.key,
      member.conversation.key,
      member.joined,
      member.owner ? 1 : 0,
      member.gone ? 1 : 0,
      member.delivered,
      member.read,
      member.unread,
      member.version,
      member.applied,
    );
    member.savedUnread = member.unread;
    member.user.dirtyMembers.delete(member);
  }

  /** How much is in memory: conversations and all of their members. */
  get size(): number {
    return this.cache.size + this.members;
  }

  /** Forgets all, saved or not. */
  clear(): void {
    this.cache.clear();
    this.keys.clear();
    this.members = 0;
  }
}

/** The member of now with this id; undefined for strangers and for those who left. */
export function presentMember(conversation: Conversation, userId: UserId): Member | undefined {
  const member = conversation.members.get(userId);
  return member && !member.gone ? member : undefined;
}
