import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EntryFacts, Seq } from './entry.ts';
import { MessageType } from './message-type.ts';
import { arbitraryLog, arbitraryPolicy, RUNS } from './testing/arbitrary-log.ts';
import { AGENTS, CUSTOMER, entry, firstAsk, question, recall, replay, reply } from './testing/log.ts';
import {
  answersUpTo,
  answerWithoutReply,
  asks,
  defaultReplyPolicy,
  nothingAsked,
  type ReplyState,
  recountReply,
} from './unreplied.ts';

const [AGENT] = AGENTS;
const ask = (seq: Seq) => ({ seq, time: seq * 1000 });

describe('U1 what asks', () => {
  test.each<[string, Partial<EntryFacts>, boolean]>([
    ['text of the customer', {}, true],
    ['a picture', { messageType: MessageType.IMAGE }, true],
    ['a file', { messageType: MessageType.FILE }, true],
    ['a recording', { messageType: MessageType.AUDIO }, true],
    ['a film', { messageType: MessageType.VIDEO }, true],
    ['a card', { messageType: MessageType.CARD }, true],
    ['a type of a later version', { messageType: 42 }, false],
    ['a type of a later version that says it asks', { messageType: 42, toReply: 1 }, true],
    ['text that says it asks', { toReply: 1 }, true],
    ['text that says it does not', { toReply: 0 }, false],
    ['text with a to_reply that means nothing', { toReply: 2 }, false],
    ['text of an agent', { senderId: AGENT }, false],
    ['text of an agent that says it asks', { senderId: AGENT, toReply: 1 }, false],
    ['an event that says it asks', { messageType: MessageType.EVENT, toReply: 1 }, false],
    ['an edit that says it asks', { messageType: MessageType.EDIT, targetSeq: 1, toReply: 1 }, false],
    ['a recall that says it asks', { messageType: MessageType.RECALL, targetSeq: 1, toReply: 1 }, false],
  ])('U1 %s: %o asks: %s', (_what, facts, expected) => {
    expect(asks(entry(2, facts), defaultReplyPolicy)).toBe(expected);
  });

  test('U1 the policy decides only where the entry does not say', () => {
    const cardsOnly = { ...defaultReplyPolicy, asksByDefault: [MessageType.CARD] };
    expect(asks(entry(1), cardsOnly)).toBe(false);
    expect(asks(entry(1, { toReply: 1 }), cardsOnly)).toBe(true);
    expect(asks(entry(1, { messageType: MessageType.CARD }), cardsOnly)).toBe(true);
    expect(asks(entry(1, { messageType: MessageType.CARD, toReply: 0 }), cardsOnly)).toBe(false);
  });
});

describe('U2 what answers, and up to where', () => {
  const everybody = { ...defaultReplyPolicy, automaticAnswers: true, botAnswers: true };

  test.each<[string, Partial<EntryFacts>, Seq | undefined, Seq | undefined]>([
    ['a reply that does not say what was seen', {}, 8, 8],
    ['a reply that saw a part', { contextSeq: 5 }, 5, 5],
    ['a reply that saw nothing', { contextSeq: 0 }, 0, 0],
    ['a reply that claims to have seen itself', { contextSeq: 9 }, 8, 8],
    ['a reply that claims to have seen what is to come', { contextSeq: 99 }, 8, 8],
    ['a picture', { messageType: MessageType.IMAGE }, 8, 8],
    ['a type of a later version', { messageType: 42 }, 8, 8],
    ['a masked and translated reply', { postProc: 4 | 8 }, 8, 8],
    ['an automatic reply', { postProc: 1 }, undefined, 8],
    ['an automatic, masked reply', { postProc: 1 | 4 }, undefined, 8],
    ['a reply of a bot', { postProc: 2 }, undefined, 8],
    ['an automatic reply of a bot', { postProc: 1 | 2 }, undefined, 8],
    ['an event', { messageType: MessageType.EVENT }, undefined, undefined],
    ['a recall', { messageType: MessageType.RECALL, targetSeq: 3 }, undefined, undefined],
    ['an edit', { messageType: MessageType.EDIT, targetSeq: 3 }, undefined, undefined],
    ['text of the customer', { senderId: CUSTOMER, contextSeq: 5 }, undefined, undefined],
  ])('U2 %s: %o', (_what, facts, byDefault, withEverybody) => {
    expect(answersUpTo(reply(9, facts), defaultReplyPolicy)).toBe(byDefault);
    expect(answersUpTo(reply(9, facts), everybody)).toBe(withEverybody);
  });

  test('U2 an automatic reply of a bot answers only where both do', () => {
    const both = reply(9, { postProc: 1 | 2 });
    expect(answersUpTo(both, { ...everybody, botAnswers: false })).toBeUndefined();
    expect(answersUpTo(both, { ...everybody, automaticAnswers: false })).toBeUndefined();
  });
});

describe('U3 what waits', () => {
  test.each<[string, EntryFacts[], ReplyState]>([
    ['an empty log', [], nothingAsked],
    ['a question', [question(1)], { answeredSeq: 0, waiting: ask(1) }],
    ['the first of three', [question(1), question(2), question(3)], { answeredSeq: 0, waiting: ask(1) }],
    ['a question that was answered', [question(1), reply(2)], { answeredSeq: 1, waiting: undefined }],
    [
      'a question that crossed its reply',
      [question(1), question(2), reply(3, { contextSeq: 1 })],
      { answeredSeq: 1, waiting: ask(2) },
    ],
    [
      'a question that crossed a greeting',
      [question(1), reply(2, { contextSeq: 0 })],
      { answeredSeq: 0, waiting: ask(1) },
    ],
    [
      'nothing, after a reply that says less than an earlier one',
      [question(1), reply(2), reply(3, { contextSeq: 0 })],
      { answeredSeq: 1, waiting: undefined },
    ],
    [
      'a question behind an automatic reply',
      [question(1), reply(2, { postProc: 1 })],
      { answeredSeq: 0, waiting: ask(1) },
    ],
    ['nothing, after a recall', [question(1), recall(2, 1)], { answeredSeq: 0, waiting: undefined }],
    [
      'the second, after a recall of the first',
      [question(1), question(2), recall(3, 1)],
      { answeredSeq: 0, waiting: ask(2) },
    ],
    [
      'the first, after a recall of the second, and then nothing',
      [question(1), question(2), recall(3, 2), reply(4, { contextSeq: 1 })],
      { answeredSeq: 1, waiting: undefined },
    ],
    [
      'nothing, though the answer is recalled',
      [question(1), reply(2), recall(3, 2, AGENT)],
      { answeredSeq: 1, waiting: undefined },
    ],
    [
      'the question of before, after an edit of it',
      [question(1), entry(2, { messageType: MessageType.EDIT, targetSeq: 1 })],
      { answeredSeq: 0, waiting: ask(1) },
    ],
    [
      'nothing, after an edit of an answered question',
      [question(1), reply(2), entry(3, { messageType: MessageType.EDIT, targetSeq: 1 })],
      { answeredSeq: 1, waiting: undefined },
    ],
    [
      'the question, after an agent edits an earlier reply',
      [reply(1), question(2), reply(3, { messageType: MessageType.EDIT, targetSeq: 1 })],
      { answeredSeq: 0, waiting: ask(2) },
    ],
    [
      'the question, after an event',
      [question(1), reply(2, { messageType: MessageType.EVENT })],
      { answeredSeq: 0, waiting: ask(1) },
    ],
  ])('U3 %s', (_what, log, expected) => {
    expect(recountReply(log, defaultReplyPolicy)).toEqual(expected);
    expect(replay(log)).toEqual(expected);
  });

  test('U3 a reply that crossed a question leaves it waiting since its own time, until somebody has seen it', () => {
    const log = [question(1), question(2), reply(3, { contextSeq: 1 }), reply(4, { contextSeq: 3 })];
    expect(log.map((_, i) => replay(log.slice(0, i + 1)))).toEqual([
      { answeredSeq: 0, waiting: ask(1) },
      { answeredSeq: 0, waiting: ask(1) },
      { answeredSeq: 1, waiting: ask(2) },
      { answeredSeq: 3, waiting: undefined },
    ]);
  });

  test('U3 the recount says what the sentences say', () => {
    fc.assert(
      fc.property(arbitraryLog, arbitraryPolicy, (log, policy) => {
        const answeredSeq = Math.max(0, ...log.map((e) => answersUpTo(e, policy) ?? 0));
        expect(recountReply(log, policy)).toEqual({
          answeredSeq,
          waiting: firstAsk(log, policy, answeredSeq),
        });
      }),
      RUNS,
    );
  });
});

describe('U2 an agent says "no answer needed"', () => {
  const log = [question(1), question(2), question(3)];
  const state = replay(log);
  const nextAsk = (after: Seq) => firstAsk(log, defaultReplyPolicy, after);

  test('U2 it answers up to what was seen, so what crossed it waits on', () => {
    expect(answerWithoutReply(state, 2, nextAsk)).toEqual({ answeredSeq: 2, waiting: ask(3) });
    expect(recountReply(log, defaultReplyPolicy, [{ afterSeq: 3, seenSeq: 2 }])).toEqual({
      answeredSeq: 2,
      waiting: ask(3),
    });
  });

  test('U2 it changes nothing when no question is below it, or it comes late', () => {
    expect(answerWithoutReply(state, 0, nextAsk)).toBe(state);
    const answered = answerWithoutReply(state, 3, nextAsk);
    expect(answered).toEqual({ answeredSeq: 3, waiting: undefined });
    expect(answerWithoutReply(answered, 2, nextAsk)).toBe(answered);
  });

  test('U2 the recount lets it answer nothing that was written later', () => {
    expect(recountReply(log, defaultReplyPolicy, [{ afterSeq: 1, seenSeq: 99 }])).toEqual({
      answeredSeq: 1,
      waiting: ask(2),
    });
    expect(recountReply(log, defaultReplyPolicy, [{ afterSeq: 4, seenSeq: 4 }])).toEqual(state);
  });
});
