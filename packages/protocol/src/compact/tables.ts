import type {
  GetPositionsRequest,
  GetPositionsResponse,
  ListConversationsRequest,
  ListConversationsResponse,
  ListMessagesRequest,
  ListMessagesResponse,
  MarkReadRequest,
  MarkReadResponse,
  MemberPosition,
} from '../gen/skein/v1/chat_service_pb.js';
import type {
  Ack,
  BaseUserUnreadStatics,
  ConversationState,
  ConversationUnread,
  Entry,
  FeedChange,
  Message,
  Notice,
  Presence,
  Receipt,
  ServiceMessage,
  Typing,
} from '../gen/skein/v1/message_pb.js';
import { fieldsOf } from './fields.ts';

/** The tables of the payloads and calls that a page needs; comments stand in the `.proto` files. */

export const messageFields = fieldsOf<Message>({
  messageId: [1, 'uint64'],
  senderId: [2, 'uint64'],
  content: [3, 'string'],
  createTime: [4, 'uint64'],
  receiverId: [5, 'uint64'],
  conversationId: [16, 'string'],
  seq: [17, 'uint64'],
  clientMessageId: [18, 'uint64'],
  contextSeq: [19, 'uint64'],
  clientTime: [20, 'uint64'],
  messageType: [21, 'uint32'],
  extend: [22, 'string'],
  targetSeq: [23, 'uint64'],
});

export const serviceMessageFields = fieldsOf<ServiceMessage>({
  messageId: [1, 'uint64'],
  userId: [2, 'uint64'],
  serviceType: [3, 'uint32'],
  messageType: [4, 'uint32'],
  content: [5, 'string'],
  createDate: [6, 'uint64'],
  direction: [7, 'uint32'],
  agentId: [8, 'uint64'],
  postProc: [9, 'uint32'],
  toReply: [10, 'uint32'],
  extend: [11, 'string'],
  conversationId: [16, 'string'],
  seq: [17, 'uint64'],
  clientMessageId: [18, 'uint64'],
  contextSeq: [19, 'uint64'],
  clientTime: [20, 'uint64'],
  targetSeq: [23, 'uint64'],
  senderId: [24, 'uint64'],
});

export const ackFields = fieldsOf<Ack>({
  clientMessageId: [1, 'uint64'],
  messageId: [2, 'uint64'],
  conversationId: [3, 'string'],
  seq: [4, 'uint64'],
  createTime: [5, 'uint64'],
  code: [6, 'uint32'],
  reason: [7, 'string'],
});

export const receiptFields = fieldsOf<Receipt>({
  conversationId: [1, 'string'],
  userId: [2, 'uint64'],
  kind: [3, 'uint32'],
  seq: [4, 'uint64'],
  time: [5, 'uint64'],
});

export const typingFields = fieldsOf<Typing>({
  conversationId: [1, 'string'],
  userId: [2, 'uint64'],
  until: [3, 'uint64'],
});

export const presenceFields = fieldsOf<Presence>({
  userId: [1, 'uint64'],
  state: [2, 'uint32'],
  time: [3, 'uint64'],
});

export const noticeFields = fieldsOf<Notice>({
  kind: [1, 'uint32'],
  time: [2, 'uint64'],
  text: [3, 'string'],
});

export const conversationUnreadFields = fieldsOf<ConversationUnread>({
  conversationId: [1, 'string'],
  unread: [2, 'uint64'],
  lastSeq: [3, 'uint64'],
  readSeq: [4, 'uint64'],
  unreplied: [5, 'bool'],
  waitingSince: [6, 'uint64'],
});

export const unreadFields = fieldsOf<BaseUserUnreadStatics>({
  userId: [1, 'uint64'],
  totalUnread: [2, 'uint64'],
  conversations: [3, conversationUnreadFields, 'list'],
  totalUnreplied: [4, 'uint64'],
  feedVersion: [5, 'uint64'],
  createTime: [6, 'uint64'],
});

export const entryFields = fieldsOf<Entry>({
  body: { message: [1, messageFields], service: [2, serviceMessageFields] },
});

export const conversationStateFields = fieldsOf<ConversationState>({
  conversationId: [1, 'string'],
  lastSeq: [2, 'uint64'],
  readSeq: [3, 'uint64'],
  unread: [5, 'uint64'],
  unreplied: [6, 'bool'],
  waitingSince: [7, 'uint64'],
  lastEntry: [8, entryFields],
  version: [9, 'uint64'],
  left: [10, 'bool'],
  updateTime: [11, 'uint64'],
  closed: [12, 'bool'],
});

export const feedChangeFields = fieldsOf<FeedChange>({
  feed: [1, 'string'],
  version: [2, 'uint64'],
  conversation: [3, conversationStateFields],
  epoch: [4, 'string'],
  afterVersion: [5, 'uint64'],
});

export const listConversationsRequestFields = fieldsOf<ListConversationsRequest>({
  sinceVersion: [1, 'uint64'],
  limit: [2, 'uint32'],
});

export const listConversationsResponseFields = fieldsOf<ListConversationsResponse>({
  conversations: [1, conversationStateFields, 'list'],
  feedVersion: [2, 'uint64'],
  more: [3, 'bool'],
  epoch: [4, 'string'],
});

export const listMessagesRequestFields = fieldsOf<ListMessagesRequest>({
  conversationId: [1, 'string'],
  afterSeq: [2, 'uint64'],
  beforeSeq: [3, 'uint64'],
  limit: [4, 'uint32'],
});

export const listMessagesResponseFields = fieldsOf<ListMessagesResponse>({
  entries: [1, entryFields, 'list'],
  headSeq: [2, 'uint64'],
  epoch: [3, 'string'],
  firstSeq: [4, 'uint64'],
});

export const getPositionsRequestFields = fieldsOf<GetPositionsRequest>({
  conversationId: [1, 'string'],
});

export const memberPositionFields = fieldsOf<MemberPosition>({
  userId: [1, 'uint64'],
  deliveredSeq: [2, 'uint64'],
  readSeq: [3, 'uint64'],
});

export const getPositionsResponseFields = fieldsOf<GetPositionsResponse>({
  members: [1, memberPositionFields, 'list'],
  headSeq: [2, 'uint64'],
  epoch: [3, 'string'],
});

export const markReadRequestFields = fieldsOf<MarkReadRequest>({
  conversationId: [1, 'string'],
  seq: [2, 'uint64'],
});

export const markReadResponseFields = fieldsOf<MarkReadResponse>({
  readSeq: [1, 'uint64'],
  unread: [2, 'uint64'],
  feedVersion: [3, 'uint64'],
});
