export { clientMessageId } from './client-message-id.ts';
export type { Changed, Effect, FetchEffect, FetchRequest, LoadEffect, PublishEffect } from './effect.ts';
export type { Content, LogEntry, MemberPosition, StoredNumbers } from './entry.ts';
export type {
  AnswerInput,
  DeviceInput,
  FetchAnswer,
  Input,
  LineInput,
  Opened,
  Received,
  UserInput,
} from './input.ts';
export type {
  ConversationRow,
  EntryRow,
  ListRow,
  LogRow,
  MetaRow,
  OutboxRow,
  OwnPosition,
  PositionsRow,
  SavedState,
  Transaction,
} from './rows.ts';
export { Sync } from './sync.ts';
export type {
  ConnectionView,
  ConversationView,
  EntryView,
  ListItemView,
  ListView,
  PendingView,
  SendState,
  SendView,
  SyncState,
} from './view.ts';
