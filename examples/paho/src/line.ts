/**
 * A person's line to the server, which the page can cut: sockets close, and neither a socket nor a call comes through
 * until it is mended. Paho opens `window.WebSocket` by itself, so that is where a line is put in its way.
 */
export class Line {
  readonly #listeners = new Set<() => void>();
  readonly #sockets = new Set<WebSocket>();
  readonly #tap: SocketTap;
  #cut = false;

  constructor(tap: SocketTap) {
    this.#tap = tap;
  }

  get isCut(): boolean {
    return this.#cut;
  }

  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.close();
    this.#tell();
  }

  mend(): void {
    this.#cut = false;
    this.#tell();
  }

  /** Tells when the line was cut or mended. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async fetch(input: string, init: RequestInit): Promise<Response> {
    if (this.#cut) throw new TypeError('the line is cut');
    const response = await fetch(input, init);
    // What was on its way when the line was cut is lost.
    if (this.#cut) throw new TypeError('the line is cut');
    return response;
  }

  /** The sockets that are opened while `connect` runs go over this line. */
  over<T>(connect: () => T): T {
    const usual = window.WebSocket;
    const open = (url: string, protocols?: string[]) => this.#open(usual, url, protocols);
    window.WebSocket = new Proxy(usual, { construct: (_, [url, protocols]) => open(url, protocols) });
    try {
      return connect();
    } finally {
      window.WebSocket = usual;
    }
  }

  #open(Socket: typeof WebSocket, url: string, protocols?: string[]): object {
    if (this.#cut) return new UnreachableSocket();
    const socket = new Socket(url, protocols);
    const send = socket.send.bind(socket);
    this.#tap.opened();
    socket.send = (bytes) => {
      this.#tap.sent(bytes as ArrayBuffer);
      send(bytes);
    };
    socket.addEventListener('message', ({ data }) => this.#tap.received(data as ArrayBuffer));
    socket.addEventListener('close', () => this.#sockets.delete(socket));
    this.#sockets.add(socket);
    return socket;
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Sees what goes over a socket, as it is. */
export interface SocketTap {
  opened(): void;
  sent(bytes: ArrayBuffer): void;
  received(bytes: ArrayBuffer): void;
}

/** What a browser gives a page that is offline: a socket that fails. */
class UnreachableSocket {
  binaryType = 'arraybuffer';
  onopen: unknown;
  onmessage: unknown;
  onclose: unknown;
  onerror: ((event: { data: string }) => void) | undefined;

  constructor() {
    queueMicrotask(() => this.onerror?.({ data: 'the line is cut' }));
  }

  send(): void {}
  close(): void {}
}
