import type { ConnectionStatusView, Conversation, ConversationView, ListView, Target } from '@skein/client';
import { useCallback, useMemo, useSyncExternalStore } from 'react';
import { useSkein } from './context.ts';

/** Everything of the client that is shown has this shape. */
interface Viewed<View> {
  readonly view: View;
  subscribe(listener: (view: View) => void): () => void;
}

/** What `select` takes of a view, rendered again when that is another value. */
function useView<View, Selected>(of: Viewed<View>, select: (view: View) => Selected): Selected {
  const subscribe = useCallback((changed: () => void) => of.subscribe(changed), [of]);
  const selected = () => select(of.view);
  return useSyncExternalStore(subscribe, selected, selected);
}

const whole = <View>(view: View): View => view;

/** A conversation as it stands, and what one can do in it. */
export interface UsedConversation {
  readonly view: ConversationView;
  /** The same object as long as the target is the same. */
  readonly conversation: Conversation;
}

/**
 * Opens a conversation while the component is there.
 *
 *     const { view, conversation } = useConversation({ person: '1002' });
 */
export function useConversation(target: Target): UsedConversation {
  const skein = useSkein();
  // A target is mostly written in place, and so a new object at each rendering.
  const key = JSON.stringify(target);
  const conversation = useMemo(() => skein.conversation(JSON.parse(key) as Target), [skein, key]);
  const view = useView(conversation, whole);
  return useMemo(() => ({ view, conversation }), [view, conversation]);
}

/** The user's conversations, the one that changed last first. */
export function useConversations(): ListView {
  return useView(useSkein().conversations, whole);
}

/** How many messages are unread in all; renders again only when the number is another one. */
export function useUnread(): number {
  return useView(useSkein().conversations, totalUnread);
}

const totalUnread = (view: ListView): number => view.totalUnread;

/** How the client stands to the server, for a banner or a dot. */
export function useConnection(): ConnectionStatusView {
  return useView(useSkein().connection, whole);
}
