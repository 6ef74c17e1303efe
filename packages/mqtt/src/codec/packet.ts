import type { AcknowledgementPacket } from './acknowledgement.ts';
import type { AuthPacket } from './auth.ts';
import type { ConnackPacket } from './connack.ts';
import type { ConnectPacket } from './connect.ts';
import type { DisconnectPacket } from './disconnect.ts';
import type { PingPacket } from './ping.ts';
import type { PublishPacket } from './publish.ts';
import type { SubackPacket, SubscribePacket } from './subscribe.ts';
import type { UnsubackPacket, UnsubscribePacket } from './unsubscribe.ts';

/** Protocol Level: 4 is MQTT 3.1.1, 5 is MQTT 5. */
export type ProtocolVersion = 4 | 5;

export type Qos = 0 | 1 | 2;

/** The end of the line that reads. */
export type Role = 'client' | 'server';

/** Any MQTT control packet. In 3.1.1 reason codes are 0 and there are no properties, except where a field says otherwise. */
export type Packet =
  | ConnectPacket
  | ConnackPacket
  | PublishPacket
  | AcknowledgementPacket
  | SubscribePacket
  | SubackPacket
  | UnsubscribePacket
  | UnsubackPacket
  | PingPacket
  | DisconnectPacket
  | AuthPacket;

export type PacketType = Packet['type'];

/** The packet with this type. */
export type PacketOf<T extends PacketType> = Extract<Packet, { type: T }>;
