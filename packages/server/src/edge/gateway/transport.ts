import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

/** A line to one client, over TCP or WebSocket: bytes both ways, and how many of them are still to be sent. */
export interface Transport {
  readonly remote: string;
  write(bytes: Uint8Array): void;
  /** Bytes that were written and have not left. */
  readonly unsent: number;
  /** Bytes that have left, since the beginning. */
  readonly sent: number;
  pause(): void;
  resume(): void;
  /** Sends what was written, then ends. What does not leave within a moment is cut. */
  end(): void;
  destroy(): void;
  on(listener: TransportListener): void;
}

export interface TransportListener {
  bytes(chunk: Uint8Array): void;
  /** What was unsent has left. */
  drained(): void;
  closed(): void;
}

/** A client that does not take its last bytes is not waited for longer. */
const lingerMs = 2_000;

export class TcpTransport implements Transport {
  readonly remote: string;
  private readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
    this.remote = `${socket.remoteAddress}:${socket.remotePort}`;
    socket.setNoDelay(true);
  }

  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  get unsent(): number {
    return this.socket.writableLength;
  }

  get sent(): number {
    return this.socket.bytesWritten - this.socket.writableLength;
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  end(): void {
    this.socket.end();
    // A peer that never closes its half, or never reads, is cut.
    setTimeout(() => this.socket.destroy(), lingerMs).unref();
  }

  destroy(): void {
    this.socket.destroy();
  }

  on(listener: TransportListener): void {
    this.socket.on('data', (chunk) => listener.bytes(chunk));
    this.socket.on('drain', () => listener.drained());
    this.socket.on('close', () => listener.closed());
    // 'close' follows; an unheard 'error' would end the process.
    this.socket.on('error', () => {});
  }
}

export class WebSocketTransport implements Transport {
  readonly remote: string;
  private readonly webSocket: WebSocket;
  private written = 0;
  private listener: TransportListener | undefined;

  constructor(webSocket: WebSocket, remote: string) {
    this.webSocket = webSocket;
    this.remote = remote;
  }

  write(bytes: Uint8Array): void {
    if (this.webSocket.readyState !== this.webSocket.OPEN) return;
    this.written += bytes.length;
    this.webSocket.send(bytes, this.afterSend);
  }

  private readonly afterSend = () => {
    if (this.unsent === 0) this.listener?.drained();
  };

  get unsent(): number {
    return this.webSocket.bufferedAmount;
  }

  get sent(): number {
    return this.written - this.unsent;
  }

  pause(): void {
    this.webSocket.pause();
  }

  resume(): void {
    this.webSocket.resume();
  }

  end(): void {
    this.webSocket.close();
    setTimeout(() => this.webSocket.terminate(), lingerMs).unref();
  }

  destroy(): void {
    this.webSocket.terminate();
  }

  on(listener: TransportListener): void {
    this.listener = listener;
    this.webSocket.on('message', (data: Buffer, isBinary: boolean) => {
      // [MQTT-6.0.0-1]: MQTT comes in binary frames only.
      if (isBinary) listener.bytes(data);
      else this.webSocket.close(1003, 'MQTT comes in binary frames');
    });
    this.webSocket.on('close', () => listener.closed());
    // 'close' follows; the frames that are no WebSocket's have been answered by ws.
    this.webSocket.on('error', () => {});
  }
}
