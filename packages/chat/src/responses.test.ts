import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EntryFacts, Seq } from './entry.ts';
import { MessageType } from './message-type.ts';
import { type Assignment, type ResponseOptions, responseTimes } from './responses.ts';
import { arbitraryLog, arbitraryPolicy, RUNS } from './testing/arbitrary-log.ts';
import { AGENTS, CUSTOMER, entry } from './testing/log.ts';
import { type AnsweredByHand, answersUpTo, defaultReplyPolicy, recountReply } from './unreplied.ts';

const [ANNA, BEN] = AGENTS;
const SECOND = 1000;
const HOUR = 3_600 * SECOND;

const question = (seq: Seq, time: number) => entry(seq, { time });
const reply = (seq: Seq, time: number, facts: Partial<EntryFacts> = {}) =>
  entry(seq, { senderId: ANNA, time, ...facts });
const times = (log: readonly EntryFacts[], options?: ResponseOptions) =>
  responseTimes(log, defaultReplyPolicy, options);
const waits = (log: readonly EntryFacts[], options?: ResponseOptions) =>
  times(log, options).responses.map((r) => r.elapsedMs);

describe('U5 response times', () => {
  test('U5 a conversation in which nobody asked or nobody answered has none', () => {
    const none = { first: undefined, responses: [], reactions: [] };
    expect(times([])).toEqual(none);
    expect(times([reply(1, 0)])).toEqual(none);
    expect(times([question(1, 0), question(2, 5)])).toEqual(none);
  });

  test('U5 from the first question of a row to the reply that answers it', () => {
    const log = [
      question(1, 100),
      question(2, 150),
      reply(3, 400),
      reply(4, 500),
      question(5, 900),
      reply(6, 950),
    ];
    const { first, responses } = times(log);
    expect(responses).toEqual([
      { ask: { seq: 1, time: 100 }, seq: 3, agentId: ANNA, time: 400, elapsedMs: 300 },
      { ask: { seq: 5, time: 900 }, seq: 6, agentId: ANNA, time: 950, elapsedMs: 50 },
    ]);
    expect(first).toEqual(responses[0]);
  });

  test('U5 a reply that crossed a question is no response to it', () => {
    const log = [question(1, 100), question(2, 150), reply(3, 160, { contextSeq: 1 }), reply(4, 250)];
    expect(waits(log)).toEqual([60, 100]);
    expect(waits([question(1, 100), reply(2, 110, { contextSeq: 0 }), reply(3, 400)])).toEqual([300]);
  });

  test('U5 automatic replies, bots and events respond only where the policy lets them', () => {
    const log = [
      question(1, 0),
      reply(2, 1, { postProc: 1 }),
      reply(3, 2, { postProc: 2 }),
      reply(4, 3, { messageType: MessageType.EVENT }),
      reply(5, 100),
    ];
    expect(waits(log)).toEqual([100]);
    expect(responseTimes(log, { ...defaultReplyPolicy, botAnswers: true }).first?.elapsedMs).toBe(2);
  });

  test('U5 a question that was recalled was never responded to; the next one waits from its own time', () => {
    const recall = entry(3, { messageType: MessageType.RECALL, targetSeq: 1, time: 60 });
    expect(waits([question(1, 0), question(2, 50), recall, reply(4, 80)])).toEqual([30]);
  });

  test('U5 a recall of the answer leaves the response as it was', () => {
    const recall = entry(3, { senderId: ANNA, messageType: MessageType.RECALL, targetSeq: 2, time: 60 });
    expect(waits([question(1, 0), reply(2, 50), recall, reply(4, 80)])).toEqual([50]);
  });

  test('U5 "no answer needed" ends a wait and is no response', () => {
    const log = [question(1, 0), question(2, 50), reply(3, 80)];
    expect(waits(log, { answeredByHand: [{ afterSeq: 2, seenSeq: 1 }] })).toEqual([30]);
    expect(waits(log, { answeredByHand: [{ afterSeq: 2, seenSeq: 99 }] })).toEqual([]);
    expect(waits(log, { answeredByHand: [{ afterSeq: 3, seenSeq: 3 }] })).toEqual([80]);
  });

  test('U5 of a later case, the entries of that case alone', () => {
    expect(waits([question(7, 100), reply(8, 130)])).toEqual([30]);
  });

  test('U5 a clock that was set back makes a wait 0', () => {
    expect(waits([question(1, 24 * HOUR), reply(2, HOUR)])).toEqual([0]);
  });

  test('U5 hours of work are subtracted where said, and nothing else is', () => {
    const log = [question(1, 20 * HOUR), reply(2, 33 * HOUR)];
    const nightOff = (from: number, to: number) => to - from - 12 * HOUR;
    expect(waits(log)).toEqual([13 * HOUR]);
    expect(waits(log, { elapsed: nightOff })).toEqual([HOUR]);
  });

  test('U5 each response is where the recount sees a waiting question answered', () => {
    const arbitraryHands = fc.array(
      fc.record({ afterSeq: fc.nat(24), seenSeq: fc.nat(26) }) as fc.Arbitrary<AnsweredByHand>,
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(arbitraryLog, arbitraryPolicy, arbitraryHands, (log, policy, answeredByHand) => {
        const expected = log.flatMap((e, i) => {
          const { waiting } = recountReply(log.slice(0, i), policy, answeredByHand);
          const upTo = answersUpTo(e, policy) ?? 0;
          return waiting !== undefined && upTo >= waiting.seq ? [[waiting, e.seq, e.senderId]] : [];
        });
        const { responses } = responseTimes(log, policy, { answeredByHand });
        expect(responses.map((r) => [r.ask, r.seq, r.agentId])).toEqual(expected);
        expect(responses.map((r) => r.elapsedMs)).toEqual(
          responses.map((r) => Math.max(0, r.time - r.ask.time)),
        );
      }),
      RUNS,
    );
  });

  test('U5 a log of one hundred thousand questions takes one pass, not one for each question', () => {
    const n = 100_000; // the square of it would pass the time limit of a test many times over
    const log = Array.from({ length: n }, (_, i) => [
      question(2 * i + 1, 0),
      reply(2 * i + 2, 1, { contextSeq: Math.max(0, 2 * i - 1) }),
    ]);
    expect(times(log.flat()).responses).toHaveLength(n - 1);
  });
});

describe('U5 reaction times', () => {
  const assigned = (afterSeq: Seq, time: number, agentId: string | undefined = ANNA): Assignment => ({
    afterSeq,
    time,
    agentId,
  });
  const reactions = (log: readonly EntryFacts[], ...assignments: Assignment[]) =>
    times(log, { assignments }).reactions.map((r) => [r.response.seq, r.elapsedMs]);

  test('U5 from the assignment, when a question was waiting', () => {
    expect(reactions([question(1, 0), reply(2, 100)], assigned(1, 70))).toEqual([[2, 30]]);
  });

  test('U5 from the question, when none was waiting at the assignment', () => {
    expect(reactions([question(1, 500), reply(2, 510)], assigned(0, 70))).toEqual([[2, 10]]);
  });

  test('U5 only the first response counts, and only the assignee can give it', () => {
    const log = [
      question(1, 0),
      reply(2, 100, { senderId: BEN }),
      question(3, 200),
      reply(4, 220),
      question(5, 300),
      reply(6, 390),
    ];
    expect(reactions(log, assigned(1, 50))).toEqual([[4, 20]]);
  });

  test('U5 a case handed on before a response has none for the first assignee', () => {
    const log = [question(1, 0), reply(2, 100, { senderId: BEN }), question(3, 150), reply(4, 160)];
    expect(reactions(log, assigned(1, 10), assigned(1, 40, BEN))).toEqual([[2, 60]]);
    expect(reactions(log, assigned(1, 10, BEN), assigned(2, 110))).toEqual([
      [2, 90],
      [4, 10],
    ]);
  });

  test('U5 in the queue nobody reacts, and a response of before the assignment is none', () => {
    const log = [question(1, 0), reply(2, 100), question(3, 150), reply(4, 160)];
    const unassigned: Assignment = { afterSeq: 1, time: 20, agentId: undefined };
    expect(reactions(log, assigned(1, 10), unassigned)).toEqual([]);
    expect(reactions(log, assigned(2, 110))).toEqual([[4, 10]]);
  });

  test('U5 hours of work are subtracted from reactions as well', () => {
    const { reactions: found } = times([question(1, 0), reply(2, 100)], {
      assignments: [assigned(1, 70)],
      elapsed: (from, to) => (to - from) / 2,
    });
    expect(found.map((r) => r.elapsedMs)).toEqual([15]);
  });

  test('U5 the customer never reacts', () => {
    expect(reactions([question(1, 0), question(2, 9)], assigned(1, 5, CUSTOMER))).toEqual([]);
  });
});
