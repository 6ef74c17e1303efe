export {
  type AmendPolicy,
  type AmendRefusal,
  defaultAmendPolicy,
  mayAmend,
  recalledBy,
} from './amend.ts';
export type { EntryFacts, Millis, Seq, UserId } from './entry.ts';
export { MessageType } from './message-type.ts';
export { joinedAt, type Position, type Recipients, raise, readBySending, whoHas } from './receipts.ts';
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
