export {
  type AmendPolicy,
  type AmendRefusal,
  defaultAmendPolicy,
  mayAmend,
  recalledBy,
} from './amend.ts';
export type { EntryFacts, Millis, Seq, UserId } from './entry.ts';
export { MessageType } from './message-type.ts';
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
