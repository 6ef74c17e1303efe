import type { ConversationView, SendState } from '@skein/client';
import { useConversation, useUnread } from '@skein/react';
import { memo, useEffect, useRef } from 'react';
import { Input } from './Input.tsx';
import { useLookedAt } from './useLookedAt.ts';

type Entry = ConversationView['entries'][number];

/** A conversation with one person. */
export function Chat({ peer }: { readonly peer: string }) {
  const { view, conversation } = useConversation({ person: peer });
  const unread = useUnread();
  const lookedAt = useLookedAt();
  const end = useRef<HTMLDivElement>(null);
  const last = view.entries.at(-1);

  // Messages count as read when somebody can have read them.
  useEffect(() => {
    if (lookedAt && view.unread > 0) conversation.markRead();
  }, [lookedAt, view.unread, conversation]);
  useEffect(() => {
    if (last !== undefined) end.current?.scrollIntoView();
  }, [last]);

  return (
    <>
      <title>{unread > 0 ? `(${unread}) Chat` : 'Chat'}</title>
      <header>
        <h1>Chat</h1>
        <span role="status">{view.typing.length > 0 && 'typing …'}</span>
        <span role="status">{syncText(view.sync)}</span>
      </header>
      <main>
        {view.older === 'more' && (
          <button type="button" onClick={() => conversation.older()}>
            Earlier messages
          </button>
        )}
        <ol aria-label="Messages" aria-live="polite">
          {view.entries.map((entry) => (
            <Row key={entry.clientMessageId ?? entry.seq} entry={entry} />
          ))}
        </ol>
        <div ref={end} />
      </main>
      <Input onSend={(text) => conversation.send(text)} onType={() => conversation.typing()} />
    </>
  );
}

const ticks: Record<SendState, string> = {
  keeping: '…',
  queued: '…',
  'not kept': '! not kept',
  sent: '✓',
  delivered: '✓✓',
  read: '✓✓ read',
  failed: 'not sent',
};

/** An entry that did not change is the same object, so its row is not rendered again. */
const Row = memo(({ entry }: { readonly entry: Entry }) => (
  <li className={entry.mine ? 'mine' : undefined}>
    <p>{'recalled' in entry && entry.recalled ? 'recalled' : entry.content}</p>
    {entry.state && <span className="state">{ticks[entry.state]}</span>}
  </li>
));

function syncText(sync: ConversationView['sync']): string {
  if (sync.name === 'current') return '';
  if (sync.name === 'catching up') return 'catching up …';
  return `offline since ${new Date(sync.since).toLocaleTimeString()}`;
}
