import { connect } from 'node:net';
import type { OpenLine } from '../line/line.ts';

/** MQTT over plain TCP, for bots and services inside the installation's own network. */
export function tcpLine(target: { readonly port: number; readonly host?: string }): OpenLine {
  return (_url, listener) => {
    const socket = connect({ ...target, noDelay: true });
    let reason = 'the connection was closed';
    let ended = false;
    socket.on('connect', () => !ended && listener.opened());
    socket.on('data', (chunk) => !ended && listener.received(chunk));
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', () => {
      if (!ended) listener.closed(reason);
    });
    return {
      send: (bytes) => socket.write(bytes),
      close: () => {
        ended = true;
        socket.destroySoon();
      },
    };
  };
}
