import type { MessageInitShape } from '@bufbuild/protobuf';
import type { SeqRange } from '@skein/chat';
import type {
  GetPositionsRequestSchema,
  ListConversationsRequestSchema,
  ListMessagesRequestSchema,
  MessageSchema,
  ReceiptSchema,
  ServiceMessageSchema,
  TypingSchema,
} from '@skein/protocol';
import type { Transaction } from './rows.ts';

/** All that the core wants done. A token comes back in the answer and is never used twice. */
export type Effect =
  | PublishEffect
  | FetchEffect
  /** Answer with `stored` or `storeFailed`. There is one at a time. */
  | { readonly type: 'store'; readonly token: number; readonly transaction: Transaction }
  | LoadEffect
  | { readonly type: 'notify'; readonly changed: Changed };

/** Which snapshot is a new one. */
export type Changed =
  | { readonly what: 'conversation'; readonly conversationId: string }
  | { readonly what: 'list' }
  | { readonly what: 'connection' };

/** Publish to the user's `out/{name}`. Answer those with QoS 1 with `published` or `refused`. */
export type PublishEffect = { readonly type: 'publish'; readonly token: number; readonly qos: 0 | 1 } & (
  | { readonly name: 'message'; readonly payload: MessageInitShape<typeof MessageSchema> }
  | { readonly name: 'service'; readonly payload: MessageInitShape<typeof ServiceMessageSchema> }
  | { readonly name: 'receipt'; readonly payload: MessageInitShape<typeof ReceiptSchema> }
  | { readonly name: 'typing'; readonly payload: MessageInitShape<typeof TypingSchema> }
);

/** Call the server's ChatService. Answer with `fetched` or `fetchFailed`. */
export type FetchEffect = { readonly type: 'fetch'; readonly token: number } & FetchRequest;

export type FetchRequest =
  | {
      readonly call: 'listConversations';
      readonly request: MessageInitShape<typeof ListConversationsRequestSchema>;
    }
  | { readonly call: 'listMessages'; readonly request: MessageInitShape<typeof ListMessagesRequestSchema> }
  | { readonly call: 'getPositions'; readonly request: MessageInitShape<typeof GetPositionsRequestSchema> };

/** Read from the device. Answer with `loaded`; of what cannot be read, with what there is. */
export interface LoadEffect {
  readonly type: 'load';
  readonly token: number;
  readonly conversationId: string;
  /** Entries of these numbers, both included; absent: none. */
  readonly range?: SeqRange;
  /** The conversation's positions too. */
  readonly positions: boolean;
}
