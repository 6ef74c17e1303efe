import fc from 'fast-check';
import type { EntryFacts } from '../entry.ts';
import { MessageType } from '../message-type.ts';
import type { ReplyPolicy } from '../unreplied.ts';
import { AGENTS, CUSTOMER, entry } from './log.ts';

/** Enough cases that a planted bug is not met by luck only. */
export const RUNS = { numRuns: 1000 };

const UNKNOWN_TYPE = 42;
const { UNSPECIFIED, TEXT, IMAGE, EVENT, RECALL, EDIT } = MessageType;

/** One step of a log; what it points at is given relative to itself, below or above. */
const arbitraryStep = fc.record(
  {
    senderId: fc.constantFrom(CUSTOMER, CUSTOMER, ...AGENTS),
    messageType: fc.constantFrom(
      ...[TEXT, TEXT, TEXT, TEXT, IMAGE, EVENT, RECALL, RECALL, EDIT, UNKNOWN_TYPE, UNSPECIFIED],
    ),
    time: fc.integer({ min: 0, max: 1_000_000 }),
    toReply: fc.constantFrom(0, 1, 1, 2),
    postProc: fc.constantFrom(0, 1, 2, 3, 4, 8, 9),
    contextBack: fc.integer({ min: -3, max: 8 }),
    targetBack: fc.integer({ min: -2, max: 6 }),
  },
  { requiredKeys: ['senderId', 'messageType', 'time', 'targetBack'] },
);

/**
 * Logs 1..n of a customer and two agents: recalls of anything at any place, twice too, types of a later version,
 * contexts far back and beyond the head, clocks that jump.
 */
export const arbitraryLog: fc.Arbitrary<EntryFacts[]> = fc
  .array(arbitraryStep, { maxLength: 24, size: 'max' })
  .map((steps) =>
    steps.map(({ contextBack, targetBack, ...facts }, i) => {
      const seq = i + 1;
      return entry(seq, {
        ...facts,
        ...(contextBack !== undefined && { contextSeq: Math.max(0, seq - contextBack) }),
        ...(isAmendment(facts.messageType) && { targetSeq: Math.max(0, seq - targetBack) }),
      });
    }),
  );

function isAmendment(messageType: number): boolean {
  return messageType === RECALL || messageType === EDIT;
}

export const arbitraryPolicy: fc.Arbitrary<ReplyPolicy> = fc.record({
  asksByDefault: fc.subarray([TEXT, IMAGE, UNKNOWN_TYPE, EVENT]),
  automaticAnswers: fc.boolean(),
  botAnswers: fc.boolean(),
});
