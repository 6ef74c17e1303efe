import type { Millis, Seq, SeqRange } from '@skein/chat';
import type { Refusal } from '@skein/protocol';
import type { Content, LogEntry, MemberPosition } from './entry.ts';

/**
 * What a device keeps, as plain JSON, for IndexedDB, a file or memory alike. Five tables:
 *
 * | table         | key                             | row              |
 * | ------------- | ------------------------------- | ---------------- |
 * | meta          | one row                         | MetaRow          |
 * | conversations | `conversationId`                | ConversationRow  |
 * | positions     | `conversationId`                | PositionsRow     |
 * | entries       | [`conversationId`, `entry.seq`] | EntryRow         |
 * | outbox        | `clientMessageId`               | OutboxRow        |
 *
 * A transaction is kept whole or not at all (S3).
 */
export interface Transaction {
  /** First empty every table but the outbox (S4). */
  readonly clear: boolean;
  /** Then remove these conversations with their positions and entries. */
  readonly removedConversations: readonly string[];
  /** Then put these rows in place of those with the same key. */
  readonly meta?: MetaRow;
  readonly conversations: readonly ConversationRow[];
  readonly positions: readonly PositionsRow[];
  readonly entries: readonly EntryRow[];
  readonly outbox: readonly OutboxRow[];
  /** And remove these sends. */
  readonly removedSends: readonly string[];
}

/** What a device has kept, given back when it is opened; entries and positions are loaded when they are shown. */
export interface SavedState {
  readonly meta?: MetaRow;
  /** In any order. */
  readonly conversations: readonly ConversationRow[];
  /** In any order. */
  readonly outbox: readonly OutboxRow[];
}

export interface MetaRow {
  /** The id of the store that this copy is of (S4); absent until it is known. */
  readonly epoch?: string;
  /** The version of the user's feed up to which the list is known (S5). */
  readonly feedVersion: number;
}

/** A conversation as it stands in the list, and what the device has of its log. */
export interface ConversationRow {
  readonly conversationId: string;
  readonly list: ListRow;
  /** Absent while nothing of the log is on the device. */
  readonly log?: LogRow;
  readonly own: OwnPosition;
  /** How far one's own entries have come to others; it only grows (Q2). */
  readonly reached: { readonly delivered: Seq; readonly read: Seq };
}

export interface ListRow {
  /** The feed's version at which the conversation last changed; 0: the feed has not told of it yet. */
  readonly version: number;
  /** The counts below are those of the log up to here. */
  readonly lastSeq: Seq;
  /** The read position that `unread` was counted from. */
  readonly readSeq: Seq;
  readonly unread: number;
  /** Server time of the first unanswered question, and where it stands at the latest; absent while nothing waits. */
  readonly waiting?: { readonly seq: Seq; readonly time: Millis };
  readonly updateTime: Millis;
  readonly lastEntry?: LogEntry;
}

/** The known ranges of a log (S3). */
export interface LogRow {
  /** The newest range; its end is the cursor. Empty when `from` is `to` + 1: the cursor alone is known. */
  readonly newest: SeqRange;
  /** Known ranges below it, ascending, with a hole between any two. */
  readonly older: readonly SeqRange[];
  /** The first entry that this user may read, once the server has said so. */
  readonly firstSeq?: Seq;
}

/** One's own position, and how much of it the server has confirmed. */
export interface OwnPosition {
  readonly read: Seq;
  readonly deliveredTold: Seq;
  readonly readTold: Seq;
}

export interface PositionsRow {
  readonly conversationId: string;
  readonly members: readonly MemberPosition[];
}

export interface EntryRow {
  readonly conversationId: string;
  readonly entry: LogEntry;
}

/** A send that is not yet known to be in the log. */
export interface OutboxRow {
  /** The idempotency key, for ever (I1): a uint64 in decimal. */
  readonly clientMessageId: string;
  readonly conversationId: string;
  /** Its place among this device's sends. */
  readonly sendOrder: number;
  readonly content: Content;
  /** What the writer had seen (R3). */
  readonly contextSeq: Seq;
  /** The device's time of writing. */
  readonly clientTime: Millis;
  /** Why it was refused for good; waits for retry or discard by hand. */
  readonly failed?: Refusal;
}
