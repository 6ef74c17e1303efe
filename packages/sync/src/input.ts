import type { ReplyPolicy, Seq, UserId } from '@skein/chat';
import type {
  Ack,
  BaseUserUnreadStatics,
  FeedChange,
  GetPositionsResponse,
  ListConversationsResponse,
  ListMessagesResponse,
  Message,
  Notice,
  Presence,
  Receipt,
  Refusal,
  ServiceMessage,
  Typing,
} from '@skein/protocol';
import type { Content, LogEntry, MemberPosition, StoredNumbers } from './entry.ts';
import type { SavedState } from './rows.ts';

/** All that can happen to a client. The device's input comes first, and once. */
export type Input = DeviceInput | LineInput | AnswerInput | UserInput | { readonly type: 'tick' };

/** From the device's storage. */
export type DeviceInput =
  | Opened
  | { readonly type: 'stored'; readonly token: number }
  /** Nothing of the transaction was kept. */
  | { readonly type: 'storeFailed'; readonly token: number }
  | {
      readonly type: 'loaded';
      readonly token: number;
      /** By seq. What is missing was lost by the device, and is fetched again. */
      readonly entries: readonly LogEntry[];
      readonly positions?: readonly MemberPosition[];
    };

export interface Opened {
  readonly type: 'opened';
  readonly userId: UserId;
  /** The role of the user's token: a `service` writes as a bot. */
  readonly role?: 'customer' | 'agent' | 'admin' | 'service';
  /** A random number in [0, 2^32), for the jitter of everything that is tried again. */
  readonly random: number;
  readonly saved: SavedState;
  /** The installation's, if it is not the default one. */
  readonly replyPolicy?: ReplyPolicy;
}

/** From the connection. */
export type LineInput =
  | {
      readonly type: 'connected';
      /** The server's, where the connection already tells it. */
      readonly epoch?: string;
    }
  /** SUBACK for `in/#` has come (S1). */
  | { readonly type: 'subscribed' }
  | { readonly type: 'disconnected' }
  | ({ readonly type: 'received' } & Received);

/** A publish on one of the user's own `in/` topics, decoded. */
export type Received =
  | { readonly name: 'message'; readonly payload: Message }
  | { readonly name: 'service'; readonly payload: ServiceMessage }
  | { readonly name: 'ack'; readonly payload: Ack }
  | { readonly name: 'receipt'; readonly payload: Receipt }
  | { readonly name: 'feed'; readonly payload: FeedChange }
  | { readonly name: 'unread'; readonly payload: BaseUserUnreadStatics }
  | { readonly name: 'typing'; readonly payload: Typing }
  | { readonly name: 'presence'; readonly payload: Presence }
  | { readonly name: 'notice'; readonly payload: Notice };

/** What became of an effect that carried a token. After `disconnected` those of publishes may be left out. */
export type AnswerInput =
  /** PUBACK without a failure. Without numbers (3.1.1, a stock broker) only the Ack says that it is stored. */
  | { readonly type: 'published'; readonly token: number; readonly numbers?: StoredNumbers }
  | { readonly type: 'refused'; readonly token: number; readonly refusal: Refusal }
  | ({ readonly type: 'fetched'; readonly token: number } & FetchAnswer)
  /** Without a refusal the line failed, not the call: it is made again. */
  | { readonly type: 'fetchFailed'; readonly token: number; readonly refusal?: Refusal };

export type FetchAnswer =
  | { readonly call: 'listConversations'; readonly answer: ListConversationsResponse }
  | { readonly call: 'listMessages'; readonly answer: ListMessagesResponse }
  | { readonly call: 'getPositions'; readonly answer: GetPositionsResponse };

/** From the user. */
export type UserInput =
  | {
      readonly type: 'send';
      readonly conversationId: string;
      /** From `clientMessageId()`. The same one again is the same send, whatever became of it. */
      readonly clientMessageId: string;
      readonly content: Content;
      /** What the writer had seen; absent: what the open view shows, or else what has been read. */
      readonly contextSeq?: Seq;
    }
  /** By hand, of a send that failed. */
  | { readonly type: 'retry'; readonly clientMessageId: string }
  | { readonly type: 'discard'; readonly clientMessageId: string }
  /** The conversation is on the screen from here on; as often as it is closed. */
  | { readonly type: 'open'; readonly conversationId: string }
  | { readonly type: 'close'; readonly conversationId: string }
  /** One more page of what is before. */
  | { readonly type: 'older'; readonly conversationId: string }
  | {
      readonly type: 'markRead';
      readonly conversationId: string;
      /** Absent: all that there is. */
      readonly seq?: Seq;
    }
  /** As often as keys are pressed. */
  | { readonly type: 'typing'; readonly conversationId: string };
