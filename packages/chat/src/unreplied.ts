import { recalledBy } from './amend.ts';
import type { EntryFacts, Millis, Seq } from './entry.ts';
import { isMessage, MessageType } from './message-type.ts';
import { PostProc } from './post-proc.ts';

/** What asks and who answers, where an entry itself does not say. */
export interface ReplyPolicy {
  /** The message types of a customer that ask for an answer when `toReply` is absent. */
  readonly asksByDefault: readonly number[];
  /** Whether an automatic reply (postProc 1) answers. */
  readonly automaticAnswers: boolean;
  /** Whether what a bot wrote (postProc 2) answers. */
  readonly botAnswers: boolean;
}

export const defaultReplyPolicy: ReplyPolicy = {
  asksByDefault: [
    MessageType.TEXT,
    MessageType.IMAGE,
    MessageType.FILE,
    MessageType.AUDIO,
    MessageType.VIDEO,
    MessageType.CARD,
  ],
  automaticAnswers: false,
  botAnswers: false,
};

/** A question: an entry of the customer that asks for an answer, and the server's time of it. */
export interface Ask {
  readonly seq: Seq;
  readonly time: Millis;
}

/** Where a conversation stands: unreplied while `waiting` is there, since `waiting.time` (U3). */
export interface ReplyState {
  /** The highest position that an answer has reached. */
  readonly answeredSeq: Seq;
  /** The first question above it that has not been recalled. */
  readonly waiting: Ask | undefined;
}

export const nothingAsked: ReplyState = { answeredSeq: 0, waiting: undefined };

/** Finds in the log the first question above `afterSeq` that has not been recalled. */
export type NextAsk = (afterSeq: Seq) => Ask | undefined;

/** An agent said "no answer needed" when the log ended at `afterSeq`, having seen it up to `seenSeq` (U2). */
export interface AnsweredByHand {
  readonly afterSeq: Seq;
  readonly seenSeq: Seq;
}

/** Whether an entry asks for an answer (U1). Events, recalls and edits never do, whatever they carry. */
export function asks(e: EntryFacts, policy: ReplyPolicy): boolean {
  if (!e.fromCustomer || !isMessage(e.messageType)) return false;
  return e.toReply === undefined ? policy.asksByDefault.includes(e.messageType) : e.toReply === 1;
}

/**
 * The position up to which an entry answers (U2): what its writer had seen, or all before it where the writer did
 * not say. Undefined: it answers nothing.
 */
export function answersUpTo(e: EntryFacts, policy: ReplyPolicy): Seq | undefined {
  if (e.fromCustomer || !isMessage(e.messageType)) return undefined;
  const postProc = e.postProc ?? 0;
  if (postProc & PostProc.AUTOMATIC_REPLY && !policy.automaticAnswers) return undefined;
  if (postProc & PostProc.BOT && !policy.botAnswers) return undefined;
  const before = e.seq - 1;
  return e.contextSeq === undefined ? before : Math.min(e.contextSeq, before);
}

/**
 * The state after one more entry, in constant memory, equal to the recount at every seq (U4). Answers the same
 * object when nothing changes.
 *
 * @param nextAsk looks among the entries up to `e`; called only when the question that waits is settled and
 *   another may stand between it and `e`
 */
export function applyReply(
  state: ReplyState,
  e: EntryFacts,
  policy: ReplyPolicy,
  nextAsk: NextAsk,
): ReplyState {
  const { answeredSeq, waiting } = state;
  if (asks(e, policy)) {
    return waiting === undefined && e.seq > answeredSeq
      ? { answeredSeq, waiting: { seq: e.seq, time: e.time } }
      : state;
  }
  // `e` itself asks nothing, so a question above `seq` can only stand between the two.
  const askAbove: NextAsk = (seq) => (seq < e.seq - 1 ? nextAsk(seq) : undefined);
  if (waiting !== undefined && recalledBy(e) === waiting.seq) {
    return { answeredSeq, waiting: askAbove(waiting.seq) };
  }
  const upTo = answersUpTo(e, policy);
  return upTo === undefined ? state : answer(state, upTo, askAbove);
}

/**
 * The state after an agent said "no answer needed" (U2).
 *
 * @param seenSeq what the agent had seen, at most the end of the log: a larger one would answer questions to come
 */
export function answerWithoutReply(state: ReplyState, seenSeq: Seq, nextAsk: NextAsk): ReplyState {
  return answer(state, seenSeq, nextAsk);
}

function answer(state: ReplyState, upTo: Seq, nextAsk: NextAsk): ReplyState {
  if (upTo <= state.answeredSeq) return state;
  const { waiting } = state;
  const settled = waiting !== undefined && waiting.seq <= upTo;
  return { answeredSeq: upTo, waiting: settled ? nextAsk(upTo) : waiting };
}

/**
 * The state by definition (U3), in memory proportional to the questions.
 *
 * @param entries the log from its first entry on, by seq
 * @param answeredByHand in any order; what was said after the last of `entries` has not happened yet
 */
export function recountReply(
  entries: Iterable<EntryFacts>,
  policy: ReplyPolicy,
  answeredByHand: readonly AnsweredByHand[] = [],
): ReplyState {
  const asked = new Map<Seq, Ask>();
  let answeredSeq = 0;
  let head = 0;
  for (const e of entries) {
    head = e.seq;
    if (asks(e, policy)) asked.set(e.seq, { seq: e.seq, time: e.time });
    const recalled = recalledBy(e);
    if (recalled !== undefined) asked.delete(recalled);
    answeredSeq = Math.max(answeredSeq, answersUpTo(e, policy) ?? 0);
  }
  for (const { afterSeq, seenSeq } of answeredByHand) {
    if (afterSeq <= head) answeredSeq = Math.max(answeredSeq, Math.min(seenSeq, afterSeq));
  }
  for (const ask of asked.values()) {
    if (ask.seq > answeredSeq) return { answeredSeq, waiting: ask };
  }
  return { answeredSeq, waiting: undefined };
}
