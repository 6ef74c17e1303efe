import type { EntryFacts, Millis, Seq, UserId } from '@skein/chat';

/** What a send says, of its writer's choosing. */
export interface Content {
  readonly content: string;
  /** A `MessageType`; absent: TEXT. */
  readonly messageType?: number;
  /** JSON, at most 4 KiB, kept as sent. */
  readonly extend?: string;
  /** The entry that a recall, an edit or a reply is about. */
  readonly targetSeq?: Seq;
  /** Service conversations only. Absent: the policy decides; 0: asks for no answer; 1: asks for one. */
  readonly toReply?: number;
  /** Service conversations only. Bits: 1 automatic reply, 2 written by a bot, 4 masked by a filter, 8 translated. */
  readonly postProc?: number;
}

/** One entry of a conversation's log, as plain JSON: what the rules need of it, and what is shown. */
export interface LogEntry extends EntryFacts {
  /** The server's id; a uint64 in decimal. */
  readonly messageId: string;
  readonly content: string;
  readonly extend?: string;
  /** The sender's own id, absent if it gave none. */
  readonly clientMessageId?: string;
}

/** What the server says of a send that it stored: in PUBACK's user properties and in Ack. */
export interface StoredNumbers {
  readonly messageId: string;
  readonly conversationId: string;
  readonly seq: Seq;
  /** The server's time. */
  readonly createTime: Millis;
}

/** How far one member has received and read, with who it is. */
export interface MemberPosition {
  readonly userId: UserId;
  readonly delivered: Seq;
  readonly read: Seq;
}
