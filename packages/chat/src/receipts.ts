import type { Seq, UserId } from './entry.ts';

/** How far one member has received and read a conversation. Both only grow, and read <= delivered (R1). */
export interface Position {
  readonly delivered: Seq;
  readonly read: Seq;
}

/** Where a member starts who joins when the log ends at `head` (N3): nothing before that is unread. */
export function joinedAt(head: Seq): Position {
  return { delivered: head, read: head };
}

/**
 * The position after a receipt for `seq` (R1). A receipt beyond `head` counts as one for `head`: nobody has what
 * is not yet written. Answers the same object when nothing changes.
 */
export function raise(p: Position, kind: 'delivered' | 'read', seq: Seq, head: Seq): Position {
  const reached = Math.min(seq, head);
  if (reached <= p[kind]) return p;
  return kind === 'read'
    ? { delivered: Math.max(p.delivered, reached), read: reached }
    : { delivered: reached, read: p.read };
}

/** The sender's position after a send (R3): what one had seen when writing, one has read. */
export function readBySending(p: Position, contextSeq: Seq | undefined, head: Seq): Position {
  return contextSeq === undefined ? p : raise(p, 'read', contextSeq, head);
}

/** Who has one entry. Who has read it is also among `delivered`; `pending` are those who have yet to get it. */
export interface Recipients {
  delivered: UserId[];
  read: UserId[];
  pending: UserId[];
}

/**
 * Who has received and who has read the entry `seq` (R4). Its sender, and members who joined after it was
 * written, are in none of the lists.
 *
 * @param members each with `joined`, the end of the log when they joined
 */
export function whoHas(
  seq: Seq,
  senderId: UserId,
  members: Iterable<readonly [UserId, Position & { readonly joined: Seq }]>,
): Recipients {
  const recipients: Recipients = { delivered: [], read: [], pending: [] };
  for (const [id, position] of members) {
    if (id === senderId || position.joined >= seq) continue;
    const read = position.read >= seq;
    if (read) recipients.read.push(id);
    if (read || position.delivered >= seq) recipients.delivered.push(id);
    else recipients.pending.push(id);
  }
  return recipients;
}
