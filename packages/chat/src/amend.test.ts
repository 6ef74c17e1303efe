import { expect, test } from 'vitest';
import { type AmendPolicy, defaultAmendPolicy, mayAmend, recalledBy } from './amend.ts';
import type { EntryFacts } from './entry.ts';
import { MessageType } from './message-type.ts';
import { AGENTS, CUSTOMER, entry } from './testing/log.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const YEAR = 365 * 24 * 60 * MINUTE;
const [AGENT] = AGENTS;

const never: AmendPolicy = { recallWithinMs: 0, editWithinMs: 0 };
const always: AmendPolicy = {
  recallWithinMs: Number.POSITIVE_INFINITY,
  editWithinMs: Number.POSITIVE_INFINITY,
};

interface Case {
  what: string;
  kind: 'recall' | 'edit';
  by?: string;
  target?: Partial<EntryFacts>;
  ageMs?: number;
  policy?: AmendPolicy;
  gets: ReturnType<typeof mayAmend>;
}

const cases: Case[] = [
  { what: 'a recall at once', kind: 'recall', gets: true },
  { what: 'a recall in the last moment', kind: 'recall', ageMs: 2 * MINUTE, gets: true },
  { what: 'a recall a moment later', kind: 'recall', ageMs: 2 * MINUTE + 1, gets: 'too_late' },
  { what: 'an edit where a recall is too late', kind: 'edit', ageMs: 2 * MINUTE + 1, gets: true },
  { what: 'an edit in the last moment', kind: 'edit', ageMs: 15 * MINUTE, gets: true },
  { what: 'an edit a moment later', kind: 'edit', ageMs: 15 * MINUTE + 1, gets: 'too_late' },
  { what: 'an amendment by another', kind: 'recall', by: AGENT, gets: 'not_yours' },
  { what: 'an amendment by another, too late', kind: 'edit', by: AGENT, ageMs: YEAR, gets: 'not_yours' },
  { what: 'a recall where always allowed', kind: 'recall', ageMs: YEAR, policy: always, gets: true },
  { what: 'an edit where always allowed', kind: 'edit', ageMs: YEAR, policy: always, gets: true },
  { what: 'a recall where never allowed', kind: 'recall', policy: never, gets: 'not_amendable' },
  { what: 'an edit where never allowed', kind: 'edit', policy: never, gets: 'not_amendable' },
  {
    what: 'an edit where only recalls are never allowed',
    kind: 'edit',
    policy: { ...always, recallWithinMs: 0 },
    gets: true,
  },
  {
    what: 'a recall after the clock was set back',
    kind: 'recall',
    ageMs: -24 * 60 * MINUTE,
    gets: true,
  },
  {
    what: 'a recall of an event',
    kind: 'recall',
    target: { messageType: MessageType.EVENT },
    gets: 'not_amendable',
  },
  {
    what: 'a recall of a recall',
    kind: 'recall',
    target: { messageType: MessageType.RECALL },
    gets: 'not_amendable',
  },
  {
    what: 'an edit of an edit',
    kind: 'edit',
    target: { messageType: MessageType.EDIT },
    gets: 'not_amendable',
  },
  { what: 'a recall of a type of a later version', kind: 'recall', target: { messageType: 42 }, gets: true },
];

test.each(cases)('O6 $what: $gets', ({ kind, by = CUSTOMER, target, ageMs = 0, policy, gets }) => {
  const facts = entry(5, { ...target, time: YEAR });
  expect(mayAmend(kind, by, facts, YEAR + ageMs, policy ?? defaultAmendPolicy)).toBe(gets);
});

test.each(['recall', 'edit'] as const)('O6 a %s of nothing is not found, whatever the policy', (kind) => {
  expect(mayAmend(kind, CUSTOMER, undefined, 0, never)).toBe('not_found');
});

test('O6 only a recall of an earlier entry takes it back', () => {
  const recall = { messageType: MessageType.RECALL };
  expect(recalledBy(entry(5, { ...recall, targetSeq: 4 }))).toBe(4);
  expect(recalledBy(entry(5, { ...recall, targetSeq: 5 }))).toBeUndefined();
  expect(recalledBy(entry(5, { ...recall, targetSeq: 6 }))).toBeUndefined();
  expect(recalledBy(entry(5, recall))).toBeUndefined();
  expect(recalledBy(entry(5, { messageType: MessageType.EDIT, targetSeq: 4 }))).toBeUndefined();
  expect(recalledBy(entry(5, { targetSeq: 4 }))).toBeUndefined();
});
