import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recalledBy } from './amend.ts';
import type { EntryFacts, Seq } from './entry.ts';
import { MessageType } from './message-type.ts';
import { arbitraryLog, arbitraryPolicy, RUNS } from './testing/arbitrary-log.ts';
import { entry, firstAsk, question, recall, replay, reply } from './testing/log.ts';
import {
  type AnsweredByHand,
  answersUpTo,
  answerWithoutReply,
  applyReply,
  defaultReplyPolicy,
  nothingAsked,
  recountReply,
} from './unreplied.ts';

describe('U4 a pure function of the log', () => {
  test('U4 counting entry by entry equals the recount at every seq', () => {
    fc.assert(
      fc.property(arbitraryLog, arbitraryPolicy, (log, policy) => {
        let state = nothingAsked;
        for (const [i, e] of log.entries()) {
          const soFar = log.slice(0, i + 1);
          state = applyReply(state, e, policy, (after) => firstAsk(soFar, policy, after));
          expect(state).toEqual(recountReply(soFar, policy));
        }
      }),
      RUNS,
    );
  });

  test('U4 it does so with "no answer needed" in between as well', () => {
    const arbitraryHands = fc.array(fc.option(fc.nat(24), { freq: 3 }), { maxLength: 24, size: 'max' });
    fc.assert(
      fc.property(arbitraryLog, arbitraryPolicy, arbitraryHands, (log, policy, hands) => {
        let state = nothingAsked;
        const byHand: AnsweredByHand[] = [];
        for (const [i, e] of log.entries()) {
          const soFar = log.slice(0, i + 1);
          const nextAsk = (after: Seq) => firstAsk(soFar, policy, after);
          state = applyReply(state, e, policy, nextAsk);
          const seen = hands[i] ?? undefined;
          if (seen !== undefined) {
            const seenSeq = Math.min(seen, e.seq);
            byHand.unshift({ afterSeq: e.seq, seenSeq });
            state = answerWithoutReply(state, seenSeq, nextAsk);
          }
          expect(state).toEqual(recountReply(soFar, policy, byHand));
        }
        for (const k of log.keys()) {
          const sooner = byHand.filter(({ afterSeq }) => afterSeq <= k);
          expect(recountReply(log.slice(0, k), policy, byHand)).toEqual(
            recountReply(log.slice(0, k), policy, sooner),
          );
        }
      }),
      RUNS,
    );
  });

  test('U4 the answered position only grows, and what waits stands above it', () => {
    fc.assert(
      fc.property(arbitraryLog, arbitraryPolicy, (log, policy) => {
        let before = nothingAsked;
        for (const [i] of log.entries()) {
          const state = replay(log.slice(0, i + 1), policy);
          expect(state.answeredSeq).toBeGreaterThanOrEqual(before.answeredSeq);
          expect(state.waiting?.seq ?? Number.POSITIVE_INFINITY).toBeGreaterThan(state.answeredSeq);
          before = state;
        }
      }),
    );
  });

  test('U4 an entry that changes nothing answers the same object', () => {
    const waiting = replay([question(1), question(2)]);
    const notCalled = () => expect.fail('nothing to look up');
    for (const e of [
      question(3),
      reply(3, { contextSeq: 0 }),
      reply(3, { messageType: MessageType.EVENT }),
      recall(3, 2),
    ]) {
      expect(applyReply(waiting, e, defaultReplyPolicy, notCalled)).toBe(waiting);
    }
  });

  test('U4 the log is looked up only when what waits is settled and another question may stand behind it', () => {
    const lookUps = (log: readonly EntryFacts[], e: EntryFacts) => {
      const asked: Seq[] = [];
      applyReply(replay(log), e, defaultReplyPolicy, (after) => {
        asked.push(after);
        return firstAsk([...log, e], defaultReplyPolicy, after);
      });
      return asked;
    };
    const two = [question(1), question(2)];
    expect(lookUps([], reply(1))).toEqual([]);
    expect(lookUps(two, reply(3))).toEqual([]);
    expect(lookUps(two, reply(3, { contextSeq: 0 }))).toEqual([]);
    expect(lookUps(two, reply(3, { contextSeq: 1 }))).toEqual([1]);
    expect(lookUps([entry(1, { toReply: 0 }), question(2)], reply(3, { contextSeq: 1 }))).toEqual([]);
    expect(lookUps(two, recall(3, 2))).toEqual([]);
    expect(lookUps(two, recall(3, 1))).toEqual([1]);
    expect(lookUps([question(1)], recall(2, 1))).toEqual([]);
    expect(lookUps([...two, reply(3)], reply(4, { contextSeq: 1 }))).toEqual([]);
  });
});

test('U4 the random logs reach what they are for', () => {
  const logs = fc.sample(arbitraryLog, { numRuns: 300, seed: 1 });
  const reached = {
    crossing: 0,
    recalledWhileWaiting: 0,
    answerRecalled: 0,
    contextBeyondHead: 0,
    unknownType: 0,
  };
  for (const log of logs) {
    for (const [i, e] of log.entries()) {
      const before = recountReply(log.slice(0, i), defaultReplyPolicy);
      const after = recountReply(log.slice(0, i + 1), defaultReplyPolicy);
      const target = log[(recalledBy(e) ?? 0) - 1];
      if (before.waiting && after.waiting && after.answeredSeq > before.answeredSeq) reached.crossing++;
      if (before.waiting && recalledBy(e) === before.waiting.seq) reached.recalledWhileWaiting++;
      if (target && answersUpTo(target, defaultReplyPolicy) !== undefined) reached.answerRecalled++;
      if ((e.contextSeq ?? 0) > e.seq) reached.contextBeyondHead++;
      if (e.messageType > MessageType.EDIT) reached.unknownType++;
    }
  }
  for (const times of Object.values(reached)) expect(times).toBeGreaterThan(20);
});
