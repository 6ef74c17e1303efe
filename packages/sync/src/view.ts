import type { Millis, Seq, UserId } from '@skein/chat';
import type { Refusal } from '@skein/protocol';
import type { MemberPosition } from './entry.ts';

/** How a view stands to the server (S6). */
export type SyncState =
  /** The view has everything up to `seq`; in a list, up to the version `seq` of the feed. */
  | { readonly name: 'current'; readonly seq: number }
  | { readonly name: 'catching up' }
  | { readonly name: 'offline'; readonly since: Millis };

/**
 * The state of a send (Q1, Q2). It only goes forward.
 *
 *     keeping -> queued -> sent -> delivered -> read
 *     keeping -> not kept -> queued, when storage works again, or -> sent before that
 *     queued or not kept -> failed, from where only `retry` by hand leads back
 */
export type SendState = 'keeping' | 'queued' | 'not kept' | 'sent' | 'delivered' | 'read' | 'failed';

/** What is shown of an entry, or of a send that is not in the log yet. */
interface Shown {
  readonly senderId: UserId;
  readonly mine: boolean;
  readonly messageType: number;
  /** Empty when recalled; the last one when edited. */
  readonly content: string;
  readonly extend?: string;
  /** The entry that this one replies to. */
  readonly targetSeq?: Seq;
  readonly clientMessageId?: string;
}

/** An entry of the log. Recalls and edits are shown as what they did to their target (O6). */
export interface EntryView extends Shown {
  readonly seq: Seq;
  readonly messageId: string;
  /** The server's time (O5). */
  readonly time: Millis;
  readonly postProc?: number;
  readonly recalled: boolean;
  /** The server's time of the last edit. */
  readonly editedTime?: Millis;
  /** Of one's own entries only. */
  readonly state?: 'sent' | 'delivered' | 'read';
}

/** A send that is not shown by its entry yet. It stands below all that is, in the order of sending (O4). */
export interface PendingView extends Shown {
  readonly seq?: undefined;
  readonly mine: true;
  readonly clientMessageId: string;
  readonly sendOrder: number;
  /** The device's time of writing, for "just now" and nothing else. */
  readonly clientTime: Millis;
  /** `sent`: stored, and its place in the log is being read. */
  readonly state: 'keeping' | 'queued' | 'not kept' | 'sent' | 'failed';
  /** Why it failed. */
  readonly refusal?: Refusal;
}

/** A conversation on the screen. */
export interface ConversationView {
  readonly conversationId: string;
  readonly sync: SyncState;
  /** In the order in which they are shown: without a hole up to the last one that has a seq (O4, S2). */
  readonly entries: readonly (EntryView | PendingView)[];
  /** What is before the first entry. */
  readonly older: 'more' | 'loading' | 'none' | 'limit';
  readonly unread: number;
  /** One's own read position. */
  readonly readSeq: Seq;
  /** Server time of the first unanswered question; absent while nothing waits (U3). */
  readonly waitingSince?: Millis;
  readonly members: readonly MemberPosition[];
  /** Others who are typing now. */
  readonly typing: readonly UserId[];
  /** Why it cannot be read: not a member, or no more. */
  readonly refusal?: Refusal;
}

/** One conversation in the list. */
export interface ListItemView {
  readonly conversationId: string;
  readonly lastSeq: Seq;
  readonly lastEntry?: EntryView;
  readonly unread: number;
  readonly waitingSince?: Millis;
  readonly updateTime: Millis;
  /** Sends that are not in the log yet, and those of them that failed. */
  readonly pending: number;
  readonly failed: number;
}

export interface ListView {
  readonly sync: SyncState;
  /** The one that changed last comes first. */
  readonly conversations: readonly ListItemView[];
  readonly totalUnread: number;
  readonly totalUnreplied: number;
}

export interface ConnectionView {
  readonly state:
    | { readonly name: 'offline'; readonly since: Millis }
    /** Connected: subscribing, or reading what was missed. */
    | { readonly name: 'catching up'; readonly done: number; readonly total: number }
    | { readonly name: 'current' };
  /** Sends that are not in the log yet, and those of them that failed. */
  readonly pending: number;
  readonly failed: number;
  /** False while the device's storage fails: what is new is not kept. */
  readonly keeping: boolean;
  /** What the server announced about this session. */
  readonly notice?: { readonly kind: number; readonly time: Millis; readonly text: string };
}

/** What became of one send, also after it left the outbox; for a while. */
export interface SendView {
  readonly clientMessageId: string;
  readonly conversationId: string;
  readonly state: SendState;
  /** Once it is stored. */
  readonly seq?: Seq;
  readonly messageId?: string;
  /** Why it failed. */
  readonly refusal?: Refusal;
}
