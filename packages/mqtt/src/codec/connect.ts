import { MqttError, malformed, protocolError } from '../error.ts';
import { isTopicName } from '../topic.ts';
import type { ByteSink } from './byte-sink.ts';
import type { ByteSource } from './byte-source.ts';
import type { ProtocolVersion, Qos } from './packet.ts';
import { type Properties, propertySet, readProperties, writeProperties } from './properties.ts';

const CONNECT_PROPERTIES = [
  'sessionExpiryS',
  'receiveMaximum',
  'maximumPacketSize',
  'topicAliasMaximum',
  'requestResponseInformation',
  'requestProblemInformation',
  'userProperties',
  'authenticationMethod',
  'authenticationData',
] as const;
const WILL_PROPERTIES = [
  'willDelayS',
  'payloadFormatIndicator',
  'messageExpiryS',
  'contentType',
  'responseTopic',
  'correlationData',
  'userProperties',
] as const;

/** The message the server publishes when the connection ends without a clean DISCONNECT (3.1.2.5). */
export interface Will extends Pick<Properties, (typeof WILL_PROPERTIES)[number]> {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly retain: boolean;
}

/** The first packet of every connection (3.1). Its binary fields are copies, since sessions keep them. */
export interface ConnectPacket extends Pick<Properties, (typeof CONNECT_PROPERTIES)[number]> {
  readonly type: 'connect';
  readonly version: ProtocolVersion;
  /** May be empty: the server then allots one. */
  readonly clientId: string;
  /** Clean Session in 3.1.1. */
  readonly cleanStart: boolean;
  /** 0: none. */
  readonly keepAliveS: number;
  readonly will?: Will;
  readonly username?: string;
  readonly password?: Uint8Array;
}

const PROPERTIES = propertySet('CONNECT', CONNECT_PROPERTIES);
const WILL = propertySet('the will', WILL_PROPERTIES);

const USERNAME = 0x80;
const PASSWORD = 0x40;
const WILL_RETAIN = 0x20;
const WILL_QOS_SHIFT = 3;
const WILL_FLAG = 0x04;
const CLEAN_START = 0x02;
const RESERVED = 0x01;

export function readConnect(source: ByteSource): ConnectPacket {
  const version = readVersion(source);
  const flags = readFlags(source, version);
  const keepAliveS = source.uint16();
  const properties: Properties = {};
  if (version === 5) readProperties(source, properties, PROPERTIES);
  const clientId = source.string();
  const will = (flags & WILL_FLAG) === 0 ? undefined : readWill(source, flags, version);
  const username = (flags & USERNAME) === 0 ? undefined : source.string();
  const password = (flags & PASSWORD) === 0 ? undefined : source.binaryCopy();
  source.expectEnd();
  return {
    type: 'connect',
    version,
    clientId,
    cleanStart: (flags & CLEAN_START) !== 0,
    keepAliveS,
    ...(will && { will }),
    ...(username !== undefined && { username }),
    ...(password && { password }),
    ...properties,
  };
}

function readVersion(source: ByteSource): ProtocolVersion {
  const name = source.string();
  // A server that supports several names may go by the name alone [MQTT-3.1.2-1]; MQIsdp is 3.1.
  if (name !== 'MQTT' && name !== 'MQIsdp') protocolError('the protocol name is not MQTT [MQTT-3.1.2-1]');
  const level = source.uint8();
  if (name === 'MQTT' && (level === 4 || level === 5)) return level;
  throw new MqttError(
    'unsupported-version',
    `protocol level ${level} is not served; use 4 (3.1.1) or 5 [MQTT-3.1.2-2]`,
  );
}

function readFlags(source: ByteSource, version: ProtocolVersion): number {
  const flags = source.uint8();
  if ((flags & RESERVED) !== 0) malformed('the reserved flag of CONNECT is set [MQTT-3.1.2-3]');
  const willQos = (flags >> WILL_QOS_SHIFT) & 3;
  if (willQos === 3) malformed('the will has QoS 3 [MQTT-3.1.2-12]');
  if ((flags & WILL_FLAG) === 0 && (willQos !== 0 || (flags & WILL_RETAIN) !== 0)) {
    malformed('will QoS or will retain without a will [MQTT-3.1.2-11], [MQTT-3.1.2-13]');
  }
  if (version === 4 && (flags & USERNAME) === 0 && (flags & PASSWORD) !== 0) {
    malformed('a password without a user name [MQTT-3.1.2-22 of 3.1.1]');
  }
  return flags;
}

function readWill(source: ByteSource, flags: number, version: ProtocolVersion): Will {
  const properties: Properties = {};
  if (version === 5) readProperties(source, properties, WILL);
  const topic = source.string();
  if (!isTopicName(topic))
    throw new MqttError('topic-name-invalid', 'the will topic is empty or has wildcards (3.1.3.3)');
  return {
    topic,
    payload: source.binaryCopy(),
    qos: ((flags >> WILL_QOS_SHIFT) & 3) as Qos,
    retain: (flags & WILL_RETAIN) !== 0,
    ...properties,
  };
}

export function writeConnect(sink: ByteSink, packet: ConnectPacket): void {
  const { will, username, password, version } = packet;
  sink.string('MQTT');
  sink.uint8(version);
  sink.uint8(
    (username === undefined ? 0 : USERNAME) |
      (password === undefined ? 0 : PASSWORD) |
      (packet.cleanStart ? CLEAN_START : 0) |
      (will === undefined ? 0 : WILL_FLAG | (will.qos << WILL_QOS_SHIFT) | (will.retain ? WILL_RETAIN : 0)),
  );
  sink.uint16(packet.keepAliveS);
  if (version === 5) writeProperties(sink, packet, PROPERTIES);
  sink.string(packet.clientId);
  if (will !== undefined) {
    if (version === 5) writeProperties(sink, will, WILL);
    sink.string(will.topic);
    sink.binary(will.payload);
  }
  if (username !== undefined) sink.string(username);
  if (password !== undefined) sink.binary(password);
}
