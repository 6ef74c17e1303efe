export { SkeinProvider, type SkeinProviderProps, useSkein } from './context.ts';
export {
  type UsedConversation,
  useConnection,
  useConversation,
  useConversations,
  useUnread,
} from './hooks.ts';
