import type { ConnectPacket } from '../codec/connect.ts';
import type { Qos } from '../codec/packet.ts';
import type { UserProperty } from '../codec/properties.ts';
import type { PublishPacket } from '../codec/publish.ts';
import type { SlabPool } from '../codec/slab-pool.ts';
import type { SubscribePacket } from '../codec/subscribe.ts';
import type { UnsubscribePacket } from '../codec/unsubscribe.ts';
import type { Settlement } from '../session/acknowledgement-queue.ts';

/** The server's limits, the same for all its connections. Sizes are of whole packets, in bytes. */
export interface ServerConnectionOptions {
  readonly maxPacketSize: number;
  /** For the CONNECT, which comes from somebody unknown. */
  readonly maxConnectSize: number;
  /** From the opening of the connection to the end of its CONNECT. */
  readonly connectTimeoutMs: number;
  /** How many publishes of QoS 1 and 2 a client may have unacknowledged, and, for 3.1.1, how many deliveries the server may. */
  readonly receiveMaximum: number;
  /** What clients of MQTT 5 that want more, or none, are told to keep. Those of 3.1.1 cannot be told and keep what they asked for. */
  readonly maxKeepAliveS: number;
  /** Topic aliases a client may set. Default 0. */
  readonly topicAliasMaximum?: number;
  /** Gives a client of 3.1.1 the message id in PUBACK: the 64-bit dialect. */
  readonly puback64?: boolean;
  /** Output memory shared with other connections; without it each keeps a small one. */
  readonly slabPool?: SlabPool;
}

export type ServerInput =
  | { readonly type: 'bytes'; readonly chunk: Uint8Array }
  /** A deadline may have passed. */
  | { readonly type: 'tick' }
  | AcceptInput
  /** CONNACK with this reason code (of MQTT 5, mapped for 3.1.1), then close. */
  | { readonly type: 'refuse'; readonly reasonCode: number; readonly reason?: string }
  /** What became of a publish with QoS 1 or 2. Each exactly once, in any order. */
  | ({ readonly type: 'acknowledge' } & Settlement)
  | { readonly type: 'subscribed'; readonly packetId: number; readonly reasonCodes: readonly number[] }
  | { readonly type: 'unsubscribed'; readonly packetId: number; readonly reasonCodes: readonly number[] }
  | DeliverInput
  /** Of a resumed session: the peer has sent PUBREC for this packet, so PUBREL is sent again, not PUBLISH [MQTT-4.4.0-1]. */
  | { readonly type: 'release'; readonly packetId: number; readonly token?: unknown }
  | { readonly type: 'disconnect'; readonly reasonCode: number; readonly reason?: string }
  /** The transport is gone. */
  | { readonly type: 'closed' };

/** The CONNECT is welcome. */
export interface AcceptInput {
  readonly type: 'accept';
  readonly sessionPresent: boolean;
  readonly assignedClientId?: string;
  /** What the server grants; told to the client if it asked for another. */
  readonly sessionExpiryS?: number;
  readonly userProperties?: readonly UserProperty[];
  /** Of a resumed session: packet ids in flight, which no new delivery may take. */
  readonly reserved?: readonly number[];
  /** Of a resumed session: what `received()` gave at its last connection's end. */
  readonly received?: readonly number[];
}

/** A message for the client. With QoS 1 and 2 only while there is `credit`. */
export interface DeliverInput {
  readonly type: 'deliver';
  /** A valid topic name; as bytes, already in UTF-8. */
  readonly topic: string | Uint8Array;
  readonly payload: Uint8Array;
  readonly qos: Qos;
  /** Comes back in `delivered` and `inflight()`. */
  readonly token?: unknown;
  /** Sent again in a resumed session, under its packet id of then. */
  readonly packetId?: number;
  readonly dup?: boolean;
}

export type ServerEffect =
  /** Answer with `accept` or `refuse`. Bytes that follow are held until then. */
  | { readonly type: 'connect'; readonly packet: ConnectPacket }
  /** QoS 0: no answer. QoS 1 and 2: answer with `acknowledge`. */
  | { readonly type: 'publish'; readonly packet: PublishPacket }
  /** Answer with `subscribed`. */
  | { readonly type: 'subscribe'; readonly packet: SubscribePacket }
  /** Answer with `unsubscribed`. */
  | { readonly type: 'unsubscribe'; readonly packet: UnsubscribePacket }
  /** The client has acknowledged; or it does not take a packet so large, so that it never will. */
  | { readonly type: 'delivered'; readonly packetId: number; readonly token: unknown }
  | CloseEffect;

/**
 * - client: it sent DISCONNECT
 * - protocol: it broke a rule of MQTT
 * - keepalive, timeout: it was silent; it never sent its CONNECT
 * - server: `refuse` or `disconnect`
 * - transport: `closed`
 */
export type CloseCause = 'client' | 'protocol' | 'keepalive' | 'timeout' | 'server' | 'transport';

/** The last effect: write what `takeOutput` gives, then close the transport. */
export interface CloseEffect {
  readonly type: 'close';
  readonly cause: CloseCause;
  /** Whether the will of the CONNECT is to be published (3.1.2.5). */
  readonly publishWill: boolean;
  /** Of MQTT 5: the client's if it sent DISCONNECT, else the server's. */
  readonly reasonCode: number;
  readonly reason?: string;
  /** The client changed its mind about it in its DISCONNECT. */
  readonly sessionExpiryS?: number;
}
