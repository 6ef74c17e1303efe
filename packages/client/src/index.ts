export type {
  ConversationView,
  EntryView,
  ListItemView,
  ListView,
  PendingView,
  SendState,
  SyncState,
} from '@skein/sync';
export type { Fetch } from './calls/calls.ts';
export type { ConnectionState } from './connection/state.ts';
export type { FetchToken } from './connection/token.ts';
export type { ConnectionStatus, ConnectionStatusView } from './connection-status.ts';
export type { Conversation, SendOptions } from './conversation.ts';
export type { ConversationList } from './conversation-list.ts';
export { SkeinError, type SkeinErrorCode } from './error.ts';
export type { Line, LineListener, OpenLine } from './line/line.ts';
export { type MakeWebSocket, type WebSocketLike, webSocketLine } from './line/web-socket-line.ts';
export type { SkeinOptions } from './options.ts';
export type { Send, StoredMessage } from './send.ts';
export { createSkein, type Skein } from './skein.ts';
export { IndexedDbStorage } from './storage/indexed-db-storage.ts';
export { MemoryStorage } from './storage/memory-storage.ts';
export type { OpenStorage, Storage } from './storage/storage.ts';
export type { ServiceTeam, Target } from './target.ts';
