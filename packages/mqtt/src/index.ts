export { ClientConnection } from './client/connection.ts';
export type { ClientSession } from './client/publishing.ts';
export type {
  ClientCloseCause,
  ClientCloseEffect,
  ClientConnectionOptions,
  ClientEffect,
  ClientInput,
  PublishInput,
} from './client/surface.ts';
export type {
  AcknowledgementPacket,
  PubackPacket,
  PubcompPacket,
  PubrecPacket,
  PubrelPacket,
} from './codec/acknowledgement.ts';
export type { AuthPacket } from './codec/auth.ts';
export type { ConnackPacket } from './codec/connack.ts';
export type { ConnectPacket, Will } from './codec/connect.ts';
export type { DisconnectPacket } from './codec/disconnect.ts';
export type { Packet, PacketOf, PacketType, ProtocolVersion, Qos, Role } from './codec/packet.ts';
export type { PingPacket, PingreqPacket, PingrespPacket } from './codec/ping.ts';
export type { Properties, UserProperty } from './codec/properties.ts';
export type { PublishPacket } from './codec/publish.ts';
export { PacketReader, type PacketReaderOptions } from './codec/reader.ts';
export { SlabPool, type SlabPoolOptions } from './codec/slab-pool.ts';
export type { SubackPacket, SubscribePacket, Subscription } from './codec/subscribe.ts';
export type { UnsubackPacket, UnsubscribePacket } from './codec/unsubscribe.ts';
export { PacketWriter } from './codec/writer.ts';
export { MqttError, type MqttErrorCode } from './error.ts';
export type { Millis } from './millis.ts';
export { FIRST_FAILURE, ReasonCode, reasonCodeOf, returnCodeOf } from './reason-codes.ts';
export { ServerConnection } from './server/connection.ts';
export type {
  AcceptInput,
  CloseCause,
  CloseEffect,
  DeliverInput,
  ServerConnectionOptions,
  ServerEffect,
  ServerInput,
} from './server/surface.ts';
export type { Settlement } from './session/acknowledgement-queue.ts';
export type { AwaitedAnswer, Inflight } from './session/send-window.ts';
export { isSharedFilter, isTopicFilter, isTopicName } from './topic.ts';
