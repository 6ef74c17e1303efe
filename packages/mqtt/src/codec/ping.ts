/** Asks whether the server is there (3.12). */
export interface PingreqPacket {
  readonly type: 'pingreq';
}

/** Answers PINGREQ (3.13). */
export interface PingrespPacket {
  readonly type: 'pingresp';
}

export type PingPacket = PingreqPacket | PingrespPacket;
