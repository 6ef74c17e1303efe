import { createSkein } from '@skein/client';
import { SkeinProvider } from '@skein/react';
import { createRoot } from 'react-dom/client';
import { Chat } from './Chat.tsx';

const address = new URLSearchParams(location.search);
const [me, peer] = [address.get('me') ?? '1001', address.get('with') ?? '1002'];

// The two lines to change: where your server is, and how your back end gives a token to its signed-in user.
const url = import.meta.env.VITE_SKEIN_URL ?? 'http://127.0.0.1:7080';
const token = () => fetch(`/chat-token?user=${me}`).then((answer) => answer.text());

// Once for each signed-in user, outside of components.
const skein = createSkein({ url, token, user: me });

createRoot(document.getElementById('root')!).render(
  <SkeinProvider client={skein}>
    <Chat peer={peer} />
  </SkeinProvider>,
);
