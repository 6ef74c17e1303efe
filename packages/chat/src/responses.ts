import { recalledBy } from './amend.ts';
import type { EntryFacts, Millis, Seq, UserId } from './entry.ts';
import {
  type AnsweredByHand,
  type Ask,
  answersUpTo,
  answerWithoutReply,
  applyReply,
  asks,
  nothingAsked,
  type ReplyPolicy,
} from './unreplied.ts';

/** An answer to a question that waited (U5). */
export interface Response {
  /** The first question that it answered: the one whose wait it ended. */
  readonly ask: Ask;
  /** The answer, its writer, and the server's time of it. */
  readonly seq: Seq;
  readonly agentId: UserId;
  readonly time: Millis;
  /** How long the question waited. */
  readonly elapsedMs: Millis;
}

/** A case was given to an agent when the log ended at `afterSeq`; without one, it went back to the queue. */
export interface Assignment {
  readonly afterSeq: Seq;
  readonly time: Millis;
  readonly agentId: UserId | undefined;
}

/** An assignee's first response while the case was theirs (U5). */
export interface Reaction {
  readonly assignment: Assignment;
  readonly response: Response;
  /** Since the assignment, or since the question where that came later: nobody reacts to silence. */
  readonly elapsedMs: Millis;
}

export interface ResponseTimes {
  /** The first response: its `elapsedMs` is the first response time. */
  readonly first: Response | undefined;
  /** All of them, by seq. */
  readonly responses: readonly Response[];
  /** One for each assignment that had one, by seq of the assignment. */
  readonly reactions: readonly Reaction[];
}

export interface ResponseOptions {
  /** Ends a wait without being a response. In any order. */
  readonly answeredByHand?: readonly AnsweredByHand[];
  /** In the order they were made. */
  readonly assignments?: readonly Assignment[];
  /** The time that counts between two moments, `from <= to`; hours of work are subtracted here. Default: all. */
  readonly elapsed?: (from: Millis, to: Millis) => Millis;
}

/**
 * How fast a conversation was answered (U5), from the same entries and by the same rules as what waits (U3). A
 * reply that crossed a question is no response to it. A clock that was set back makes a wait 0, never negative.
 *
 * @param entries by seq, of the whole log or of one case
 */
export function responseTimes(
  entries: Iterable<EntryFacts>,
  policy: ReplyPolicy,
  options: ResponseOptions = {},
): ResponseTimes {
  const { answeredByHand = [], assignments = [], elapsed = (from, to) => to - from } = options;
  const between = (from: Millis, to: Millis): Millis => elapsed(from, Math.max(from, to));
  const responses = responsesIn(entries, policy, answeredByHand, between);
  return { first: responses[0], responses, reactions: reactionsIn(responses, assignments, between) };
}

type Elapsed = (from: Millis, to: Millis) => Millis;

function responsesIn(
  entries: Iterable<EntryFacts>,
  policy: ReplyPolicy,
  answeredByHand: readonly AnsweredByHand[],
  between: Elapsed,
): Response[] {
  const responses: Response[] = [];
  const byHand = answeredByHand.toSorted((a, b) => a.afterSeq - b.afterSeq);
  const questions = new Questions();
  const nextAsk = (afterSeq: Seq) => questions.firstAbove(afterSeq);
  let handled = 0;
  let state = nothingAsked;
  for (const e of entries) {
    for (let hand = byHand[handled]; hand !== undefined && hand.afterSeq < e.seq; hand = byHand[++handled]) {
      state = answerWithoutReply(state, Math.min(hand.seenSeq, hand.afterSeq), nextAsk);
    }
    questions.take(e, policy);
    const { waiting } = state;
    const upTo = answersUpTo(e, policy);
    if (waiting !== undefined && upTo !== undefined && upTo >= waiting.seq) {
      const { seq, senderId: agentId, time } = e;
      responses.push({ ask: waiting, seq, agentId, time, elapsedMs: between(waiting.time, time) });
    }
    state = applyReply(state, e, policy, nextAsk);
  }
  return responses;
}

/** The questions that are neither recalled nor known to be settled, by seq. */
class Questions {
  readonly #open = new Map<Seq, Ask>();

  take(e: EntryFacts, policy: ReplyPolicy): void {
    if (asks(e, policy)) this.#open.set(e.seq, { seq: e.seq, time: e.time });
    const recalled = recalledBy(e);
    if (recalled !== undefined) this.#open.delete(recalled);
  }

  /** Forgets what lies below: what waits only moves up, so a whole log costs one pass. */
  firstAbove(afterSeq: Seq): Ask | undefined {
    for (const ask of this.#open.values()) {
      if (ask.seq > afterSeq) return ask;
      this.#open.delete(ask.seq);
    }
    return undefined;
  }
}

function reactionsIn(
  responses: readonly Response[],
  assignments: readonly Assignment[],
  between: Elapsed,
): Reaction[] {
  return assignments.flatMap((assignment, i) => {
    const untilSeq = assignments[i + 1]?.afterSeq ?? Number.POSITIVE_INFINITY;
    const response = responses.find(
      (r) => r.seq > assignment.afterSeq && r.seq <= untilSeq && r.agentId === assignment.agentId,
    );
    if (response === undefined) return [];
    const from = Math.max(assignment.time, response.ask.time);
    return [{ assignment, response, elapsedMs: between(from, response.time) }];
  });
}
