import type { ConnackPacket } from '../codec/connack.ts';
import type { Will } from '../codec/connect.ts';
import type { ProtocolVersion, Qos } from '../codec/packet.ts';
import type { UserProperty } from '../codec/properties.ts';
import type { PublishPacket } from '../codec/publish.ts';
import type { SlabPool } from '../codec/slab-pool.ts';
import type { Subscription } from '../codec/subscribe.ts';
import type { Settlement } from '../session/acknowledgement-queue.ts';

export interface ClientConnectionOptions {
  readonly version: ProtocolVersion;
  /** Empty: the server allots one. */
  readonly clientId: string;
  /** Clean Session in 3.1.1. */
  readonly cleanStart: boolean;
  /** Ping after this much silence in either direction; 0: never. */
  readonly keepAliveS: number;
  /** How long the server has for CONNACK and for PINGRESP. */
  readonly responseTimeoutMs: number;
  /** The largest packet that is read, in bytes; told to a server of MQTT 5. */
  readonly maxPacketSize: number;
  /** How many messages with QoS 1 and 2 may be unacknowledged at a time: of the server, which is told in MQTT 5, and of our own. */
  readonly receiveMaximum: number;
  /** How many publishes wait while the server's Receive Maximum is used up; one more is refused with Quota exceeded. */
  readonly maxQueued: number;
  readonly username?: string;
  readonly password?: Uint8Array;
  readonly will?: Will;
  readonly sessionExpiryS?: number;
  readonly userProperties?: readonly UserProperty[];
  /** Number the topics published to, as far as the server allows: shorter packets in MQTT 5. */
  readonly topicAliases?: boolean;
  /** Take the message id in PUBACK: the 64-bit dialect of 3.1.1. */
  readonly puback64?: boolean;
  readonly slabPool?: SlabPool;
}

export type ClientInput =
  | { readonly type: 'bytes'; readonly chunk: Uint8Array }
  /** A deadline may have passed. */
  | { readonly type: 'tick' }
  /** Find out now whether the line is alive: after a sleep of the device, say. Does nothing unless connected. */
  | { readonly type: 'probe' }
  | PublishInput
  /** What became of a `message` with QoS 1 or 2, once it is stored. Each exactly once, in any order. */
  | ({ readonly type: 'acknowledge' } & Settlement)
  /** Only once connected, as the next two. */
  | { readonly type: 'subscribe'; readonly subscriptions: readonly Subscription[]; readonly token?: unknown }
  | { readonly type: 'unsubscribe'; readonly filters: readonly string[]; readonly token?: unknown }
  | { readonly type: 'disconnect'; readonly reasonCode?: number; readonly sessionExpiryS?: number }
  /** The transport is gone. */
  | { readonly type: 'closed' };

/** A message to send. Before CONNACK and while there is no credit it waits, QoS 0 too, so that order is kept. */
export interface PublishInput {
  readonly type: 'publish';
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: Qos;
  /** Comes back in `acknowledged`. */
  readonly token?: unknown;
}

export type ClientEffect =
  /** Accepted. With `sessionPresent` what was unacknowledged is sent again, else it is sent anew. */
  | { readonly type: 'connack'; readonly packet: ConnackPacket }
  /** Answer with `acknowledge` unless it has QoS 0. */
  | { readonly type: 'message'; readonly packet: PublishPacket }
  /** PUBACK or PUBREC has come; or, with a `reasonCode` of 0x80 and above, the message will never be sent again. */
  | {
      readonly type: 'acknowledged';
      readonly token: unknown;
      readonly reasonCode: number;
      readonly reason?: string;
      readonly userProperties?: readonly UserProperty[];
      readonly messageId?: bigint;
    }
  | { readonly type: 'subscribed'; readonly token: unknown; readonly reasonCodes: readonly number[] }
  | { readonly type: 'unsubscribed'; readonly token: unknown; readonly reasonCodes: readonly number[] }
  | ClientCloseEffect;

/**
 * - client: `disconnect`
 * - refused: CONNACK said no
 * - server: it sent DISCONNECT
 * - protocol: it broke a rule of MQTT
 * - timeout: it did not answer CONNECT or a ping
 * - transport: `closed`
 */
export type ClientCloseCause = 'client' | 'refused' | 'server' | 'protocol' | 'timeout' | 'transport';

/** The last effect: write what `takeOutput` gives, then close the transport. */
export interface ClientCloseEffect {
  readonly type: 'close';
  readonly cause: ClientCloseCause;
  /** Of MQTT 5, also where 3.1.1 has a return code. */
  readonly reasonCode: number;
  readonly reason?: string;
}
