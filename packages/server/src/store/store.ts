import type { AmendPolicy, EntryFacts, Millis, Position, ReplyPolicy, ReplyState, Seq } from '@skein/chat';
import type { ConversationName, Draft, Refusal, UserId } from '@skein/protocol';

/**
 * What a store promises. All of a commit's operations are one transaction, in their order: numbered, deduplicated,
 * inserted, positions and feeds raised (O1, O2, I1, I2). When the promise resolves, all of it survives a power loss
 * (L1); when it rejects with {@link StoreUnavailable}, none of it was kept (L3).
 */
export interface Store {
  /** A random id of this store, new after a restore. */
  readonly epoch: string;

  commit(operations: readonly Operation[]): Promise<readonly Outcome[]>;

  /** Entries of one conversation, by seq. The head is read before the entries. */
  page(reader: Reader, conversationId: string, range: PageRange): Promise<Page | Refusal>;
  /** Entries of all the user's conversations after a position, in the order they were stored. */
  missed(userId: UserId, after: InboxPosition, limit: number): Promise<Missed>;
  /** The newest inbox position of a user: where a new session begins. */
  inboxPosition(userId: UserId): Promise<InboxPosition>;

  /** The user's conversations that changed after a version, by version. */
  feed(userId: UserId, sinceVersion: number, limit: number): Promise<Feed>;
  unread(userId: UserId, limit: number): Promise<UnreadStatics>;
  members(reader: Reader, conversationId: string): Promise<Members | Refusal>;
  search(reader: Reader, query: SearchQuery): Promise<Found | Refusal>;

  /** A person whose token was accepted. An agent becomes a member of the service's conversations (D0). */
  register(user: Sender, name: string | undefined): Promise<void>;
  /** Refused where the owner may not write directly to one of the members (A5). */
  createGroup(
    owner: Sender,
    name: string,
    members: readonly UserId[],
  ): Promise<{ groupId: string; conversationId: string } | Refusal>;
  /** By an owner, within the same bounds. */
  addMembers(by: Sender, conversationId: string, users: readonly UserId[]): Promise<Members | Refusal>;
  removeMembers(by: UserId, conversationId: string, users: readonly UserId[]): Promise<Members | Refusal>;
  deleteGroup(by: UserId, conversationId: string): Promise<Refusal | undefined>;

  loadSession(userId: UserId, clientId: string): Promise<SavedSession | undefined>;
  saveSessions(sessions: readonly SavedSession[]): Promise<void>;
  deleteSession(userId: UserId, clientId: string): Promise<void>;
  /** Forgets sessions that ended before a time; at most `limit`. */
  expireSessions(endedBefore: Millis, limit: number): Promise<number>;

  /** Recounts every cached value from the log. The differences, in words; none when all is well. */
  check(progress?: (done: number, total: number) => void): Promise<readonly string[]>;
  /** True while it can commit. */
  readonly healthy: boolean;
  close(): Promise<void>;
}

/** What an installation decides: who is waiting for an answer, who may amend, who may begin. */
export interface StorePolicy {
  readonly reply: ReplyPolicy;
  readonly amend: AmendPolicy;
  readonly direct: DirectPolicy;
}

/** Who may start a direct conversation with whom (A5). */
export type DirectPolicy = 'everyone' | 'common-group' | 'agents';

export type Role = 'customer' | 'agent' | 'admin' | 'service';

export interface Sender {
  readonly userId: UserId;
  readonly role: Role;
}

export type Reader = Sender;

export type Operation = Append | Raise;

export interface Append {
  readonly type: 'append';
  readonly sender: Sender;
  readonly conversationId: string;
  readonly name: ConversationName;
  readonly draft: Draft;
  /** Which device sent it: a session that is fed from the log is not handed its own sends. 0 = none. */
  readonly origin: number;
}

/** Raises a member's position (R1). */
export interface Raise {
  readonly type: 'raise';
  readonly userId: UserId;
  readonly conversationId: string;
  readonly kind: 'delivered' | 'read';
  /** Beyond the head, or absent: the head. */
  readonly seq: Seq;
}

export type Outcome = Stored | Raised | Refusal;

export interface Stored {
  readonly type: 'stored';
  readonly entry: StoredEntry;
  /** True when the key was stored before: the first entry's numbers, and nothing new to deliver (I1). */
  readonly repeat: boolean;
  /** The members who may see it, the sender among them. */
  readonly members: readonly UserId[];
  /** The sender's read position, when the send raised it (R3). */
  readonly senderRead: Seq | undefined;
}

export interface Raised {
  readonly type: 'raised';
  readonly position: Position;
  /** False when the position was there already. */
  readonly changed: boolean;
  /** What is unread behind it, and the version of the member's feed. */
  readonly unread: number;
  readonly version: number;
  readonly members: readonly UserId[];
}

/** An entry as it is stored: the client's payload, and what the server says of it. */
export interface StoredEntry {
  readonly id: bigint;
  readonly conversationId: string;
  readonly kind: 'message' | 'service';
  readonly seq: Seq;
  readonly senderId: UserId;
  readonly time: Millis;
  readonly origin: number;
  /** The payload as its readers get it: stored bytes and the server's fields. Made once, when first asked for. */
  readonly delivered: Uint8Array;
}

export interface PageRange {
  /** Neither: the newest page. Never both. */
  readonly afterSeq?: Seq;
  readonly beforeSeq?: Seq;
  readonly limit: number;
}

export interface Page {
  readonly headSeq: Seq;
  /** The first entry that this reader may see. */
  readonly firstSeq: Seq;
  /** Ascending, without holes. */
  readonly entries: readonly StoredEntry[];
}

/** How far a session has been fed: the last entry's id, and the feed version that went with it. */
export interface InboxPosition {
  readonly id: bigint;
  readonly version: number;
}

export interface Missed {
  readonly entries: readonly StoredEntry[];
  /** Where to go on: behind the last entry, or the newest position when that was all. */
  readonly position: InboxPosition;
  readonly more: boolean;
}

export interface Feed {
  readonly version: number;
  readonly changes: readonly ConversationSummary[];
  readonly more: boolean;
}

/** A conversation as one member sees it in a list. */
export interface ConversationSummary {
  readonly conversationId: string;
  readonly version: number;
  readonly lastSeq: Seq;
  readonly readSeq: Seq;
  readonly unread: number;
  readonly reply: ReplyState;
  readonly left: boolean;
  /** A deleted group: nobody can write to it. */
  readonly closed: boolean;
  readonly lastEntry: StoredEntry | undefined;
  readonly updateTime: Millis;
}

export interface UnreadStatics {
  readonly version: number;
  readonly totalUnread: number;
  readonly totalUnreplied: number;
  /** Those with something unread or unreplied, the latest first; at most the limit. */
  readonly conversations: readonly ConversationSummary[];
}

export interface MemberView extends Position {
  readonly userId: UserId;
  readonly name: string | undefined;
  readonly owner: boolean;
  readonly joined: Seq;
}

export interface Members {
  readonly name: string | undefined;
  readonly headSeq: Seq;
  readonly members: readonly MemberView[];
}

export interface SearchQuery {
  readonly text: string;
  readonly conversationId?: string;
  readonly beforeId?: bigint;
  readonly limit: number;
}

export interface Found {
  readonly entries: readonly StoredEntry[];
  /** Where to go on: entries older than this were not looked at. */
  readonly nextBeforeId: bigint | undefined;
}

/** An MQTT session that outlives its connection: subscriptions and a position, no queue. */
export interface SavedSession {
  readonly userId: UserId;
  readonly clientId: string;
  readonly filters: readonly { readonly filter: string; readonly qos: 0 | 1 }[];
  readonly position: InboxPosition;
  /** When it ends, in Unix milliseconds; while connected: the expiry counted from now. */
  readonly endsAt: Millis;
  readonly sendsReceipts: boolean;
}

/** The store cannot keep anything now (full, gone, broken). Nothing was stored: try again. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** What the rules need to know of a stored entry; see `packages/chat`. */
export type { EntryFacts };
