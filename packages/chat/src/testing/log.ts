import { recalledBy } from '../amend.ts';
import type { EntryFacts, Seq } from '../entry.ts';
import { MessageType } from '../message-type.ts';
import {
  type Ask,
  applyReply,
  asks,
  defaultReplyPolicy,
  nothingAsked,
  type ReplyPolicy,
  type ReplyState,
} from '../unreplied.ts';

export const CUSTOMER = '1';
export const AGENTS = ['2', '3'] as const;

/** An entry from the few fields that a test is about: text of the customer unless it says otherwise. */
export function entry(seq: Seq, facts: Partial<EntryFacts> = {}): EntryFacts {
  const senderId = facts.senderId ?? CUSTOMER;
  return {
    seq,
    senderId,
    time: seq * 1000,
    messageType: MessageType.TEXT,
    fromCustomer: senderId === CUSTOMER,
    ...facts,
  };
}

/** Text of the customer. */
export function question(seq: Seq): EntryFacts {
  return entry(seq);
}

/** Text of the first agent, unless it says otherwise. */
export function reply(seq: Seq, facts: Partial<EntryFacts> = {}): EntryFacts {
  return entry(seq, { senderId: AGENTS[0], ...facts });
}

export function recall(seq: Seq, targetSeq: Seq, senderId: string = CUSTOMER): EntryFacts {
  return entry(seq, { senderId, messageType: MessageType.RECALL, targetSeq });
}

/** What a store looks up: the first question above a position in the log so far, as plainly as it can be written. */
export function firstAsk(log: readonly EntryFacts[], policy: ReplyPolicy, afterSeq: Seq): Ask | undefined {
  const recalled = new Set(log.map(recalledBy));
  const found = log.find((e) => e.seq > afterSeq && asks(e, policy) && !recalled.has(e.seq));
  return found && { seq: found.seq, time: found.time };
}

/** The state entry by entry, with a look-up that sees the log so far and no further. */
export function replay(log: readonly EntryFacts[], policy: ReplyPolicy = defaultReplyPolicy): ReplyState {
  return log.reduce(
    (state, e, i) => applyReply(state, e, policy, (after) => firstAsk(log.slice(0, i + 1), policy, after)),
    nothingAsked,
  );
}
