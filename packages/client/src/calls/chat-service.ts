import {
  type GetPositionsRequest,
  type GetPositionsResponse,
  getPositionsRequestFields,
  getPositionsResponseFields,
  type ListConversationsRequest,
  type ListConversationsResponse,
  type ListMessagesRequest,
  type ListMessagesResponse,
  listConversationsRequestFields,
  listConversationsResponseFields,
  listMessagesRequestFields,
  listMessagesResponseFields,
} from '@skein/protocol';
import type { Method } from './calls.ts';

const service = 'skein.v1.ChatService';

export const listConversations: Method<ListConversationsRequest, ListConversationsResponse> = {
  path: `${service}/ListConversations`,
  request: listConversationsRequestFields,
  response: listConversationsResponseFields,
};

export const listMessages: Method<ListMessagesRequest, ListMessagesResponse> = {
  path: `${service}/ListMessages`,
  request: listMessagesRequestFields,
  response: listMessagesResponseFields,
};

export const getPositions: Method<GetPositionsRequest, GetPositionsResponse> = {
  path: `${service}/GetPositions`,
  request: getPositionsRequestFields,
  response: getPositionsResponseFields,
};
