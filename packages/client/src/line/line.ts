/** A way for MQTT's bytes to the server and back: a WebSocket, a TCP connection, or what a platform has instead. */
export interface Line {
  /** Only after `opened`. */
  send(bytes: Uint8Array): void;
  /** Ends it after what was sent; nothing is told any more. */
  close(): void;
}

/** What a line tells. First `opened` or `closed`; after `closed` nothing. */
export interface LineListener {
  opened(): void;
  /** The chunk is the listener's to keep. */
  received(chunk: Uint8Array): void;
  /** @param reason for a developer to read */
  closed(reason: string): void;
}

/** Opens a line to an installation. It must not call the listener before it has returned. */
export type OpenLine = (url: URL, listener: LineListener) => Line;
