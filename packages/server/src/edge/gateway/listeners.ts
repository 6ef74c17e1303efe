import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { limits } from '@skein/protocol';
import { WebSocketServer } from 'ws';
import { isAllowedOrigin } from '../../http/origin.ts';
import type { Gateway } from './gateway.ts';
import { TcpTransport, WebSocketTransport } from './transport.ts';

const path = '/mqtt';

/** A client of 3.1.1 may ask for no keep-alive: a line that is dead without a word is found by TCP's own. */
const idleProbeMs = 60_000;

/** [MQTT-6.0.0-3], and the name that older clients ask for. */
const subprotocols = ['mqtt', 'mqttv3.1'];

/** Takes MQTT over WebSocket on the HTTP server's port. */
export function listenForWebSockets(
  http: HttpServer,
  gateway: Gateway,
  origins: readonly string[],
): () => void {
  const webSockets = new WebSocketServer({
    noServer: true,
    // A frame holds any number of packets; one packet may need several frames.
    maxPayload: limits.maxPacketBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => subprotocols.find((name) => offered.has(name)) ?? false,
  });
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const refused = refuseUpgrade(request, origins);
    if (refused) {
      answerUpgrade(socket, refused);
      return;
    }
    request.socket.setKeepAlive(true, idleProbeMs);
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const remote = `${request.socket.remoteAddress}:${request.socket.remotePort}`;
      const puback64 = new URL(request.url ?? '/', 'http://localhost').searchParams.get('puback') === '64';
      gateway.meet(new WebSocketTransport(webSocket, remote), { puback64 });
    });
  });
  return () => webSockets.close();
}

interface UpgradeRefusal {
  readonly status: string;
  readonly text: string;
}

function refuseUpgrade(request: IncomingMessage, origins: readonly string[]): UpgradeRefusal | undefined {
  const [asked] = (request.url ?? '').split('?', 1);
  if (asked !== path) return { status: '404 Not Found', text: `MQTT over WebSocket is at ${path}` };
  if (!isAllowedOrigin(request.headers.origin, request.headers.host, origins)) {
    return {
      status: '403 Forbidden',
      text: 'pages of this origin may not connect: add it to the setting origins',
    };
  }
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  if (!offered.some((name) => subprotocols.includes(name))) {
    return { status: '400 Bad Request', text: 'ask for the WebSocket subprotocol "mqtt"' };
  }
  return undefined;
}

function answerUpgrade(socket: Duplex, { status, text }: UpgradeRefusal): void {
  const body = `${text}\n`;
  // A peer that never closes its half would keep the socket.
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
}

/** Takes plain MQTT over TCP. */
export function createTcpListener(gateway: Gateway): Server {
  return createServer({ highWaterMark: gateway.settings.limits.unsentBytes }, (socket) => {
    socket.setKeepAlive(true, idleProbeMs);
    gateway.meet(new TcpTransport(socket), { puback64: false });
  });
}
