import type { FetchToken } from './connection/token.ts';
import type { OpenLine } from './line/line.ts';
import type { MakeWebSocket } from './line/web-socket-line.ts';
import type { OpenStorage } from './storage/storage.ts';

export interface SkeinOptions {
  /** The installation's address: `https://chat.example.com`, `wss://` alike; without it that of the page. */
  readonly url?: string | URL;
  /**
   * Asks the application's own back end for a token of the signed-in user; called again before it ends, and when the
   * server does not take it. Never sign tokens in a page.
   */
  readonly token: FetchToken;
  /**
   * The id of the signed-in user, where the page knows it. Then what is on the device is shown at once, before there is
   * a token; without it, after the first one. A bot (role `service`) leaves it out: its role is in the token.
   */
  readonly user?: string;
  /** Where the copy and the outbox are kept. Absent: in IndexedDB where there is one, else in memory. */
  readonly storage?: OpenStorage;
  /** Whether the tabs of one browser share a connection. Absent: yes, where they share their storage. */
  readonly tabs?: boolean;
  /** A page's own WebSocket, where the platform has none or another one (mini programs). */
  readonly webSocket?: MakeWebSocket;
  /** Another line than a WebSocket: `tcpLine` of `@skein/client/node`. */
  readonly line?: OpenLine;
  /** Another `fetch`, where the platform has none or another one. */
  readonly fetch?: (url: URL, init: RequestInit) => Promise<Response>;
}
