export {
  type AmendPolicy,
  type AmendRefusal,
  defaultAmendPolicy,
  mayAmend,
  recalledBy,
} from './amend.ts';
export type { EntryFacts, Millis, Seq, UserId } from './entry.ts';
export { type Content, type Repeat, repeatOf } from './idempotency.ts';
export { isAmendment, MessageType } from './message-type.ts';
export {
  type Breach,
  contradictions,
  displayOrder,
  doubles,
  firstBreach,
  forDisplay,
  holes,
  type Pending,
  type SeqRange,
  type Stored,
} from './order.ts';
export { PostProc } from './post-proc.ts';
export { joinedAt, type Position, type Recipients, raise, readBySending, whoHas } from './receipts.ts';
export {
  type Assignment,
  type Reaction,
  type Response,
  type ResponseOptions,
  type ResponseTimes,
  responseTimes,
} from './responses.ts';
export { applyUnread, countable, countsFor, recountUnread } from './unread.ts';
export {
  type AnsweredByHand,
  type Ask,
  answersUpTo,
  answerWithoutReply,
  applyReply,
  asks,
  defaultReplyPolicy,
  type NextAsk,
  nothingAsked,
  type ReplyPolicy,
  type ReplyState,
  recountReply,
} from './unreplied.ts';
