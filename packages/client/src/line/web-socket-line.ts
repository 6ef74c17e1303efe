import type { OpenLine } from './line.ts';

/** What is needed of a WebSocket; the browser's, Node's and the adapters of mini programs have it. */
export interface WebSocketLike {
  binaryType: string;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: never }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: never) => void) | null;
  send(bytes: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

export type MakeWebSocket = (address: string, subprotocols: string[]) => WebSocketLike;

/** [MQTT-6.0.0-3] */
const subprotocol = 'mqtt';

/**
 * MQTT over a WebSocket at `{url}/mqtt`.
 *
 * @param make a page's own WebSocket, where the platform has none or another one
 */
export function webSocketLine(
  make: MakeWebSocket = (address, subprotocols) => new WebSocket(address, subprotocols) as WebSocketLike,
): OpenLine {
  return (url, listener) => {
    const socket = make(addressOf(url), [subprotocol]);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => listener.opened();
    socket.onmessage = ({ data }) => listener.received(new Uint8Array(data as ArrayBuffer));
    // What went wrong is said by the close that follows.
    socket.onerror = () => {};
    socket.onclose = ({ code, reason }) => listener.closed(reason || `the WebSocket was closed (${code})`);
    return {
      send: (bytes) => socket.send(bytes as Uint8Array<ArrayBuffer>),
      close: () => {
        // A dead line answers the closing handshake only after a minute: nobody waits for it.
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.close();
      },
    };
  };
}

function addressOf(url: URL): string {
  const address = new URL(url);
  address.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  address.pathname = `${url.pathname.replace(/\/$/, '')}/mqtt`;
  return address.href;
}
