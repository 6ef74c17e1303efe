/** An entry's number in its conversation: 1..n without holes (O1). 0 stands before the first. */
export type Seq = number;

/** Unix time or a span of it, in milliseconds. */
export type Millis = number;

/** A uint64 in decimal. */
export type UserId = string;

/** What the rules need to know of one entry of a conversation's log. */
export interface EntryFacts {
  readonly seq: Seq;
  readonly senderId: UserId;
  /** The server's time. */
  readonly time: Millis;
  /** A `MessageType`, or the number of a later version. */
  readonly messageType: number;
  /** Written by the customer of a service conversation. */
  readonly fromCustomer: boolean;
  /** Absent: the policy decides; 0: asks for no answer; 1: asks for one. */
  readonly toReply?: number;
  /** Bits of `PostProc`. */
  readonly postProc?: number;
  /** The last entry that the writer had seen when writing. */
  readonly contextSeq?: Seq;
  /** The entry that a recall, an edit or a reply is about. */
  readonly targetSeq?: Seq;
}
