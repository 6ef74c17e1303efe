import { MqttError, malformed, protocolError } from '../error.ts';
import { isTopicName } from '../topic.ts';
import type { ByteSink } from './byte-sink.ts';
import type { ByteSource } from './byte-source.ts';

/** A name and a value; names may repeat and their order is kept. */
export type UserProperty = readonly [name: string, value: string];

/** All properties of MQTT 5 (2.2.2.2). Each packet's interface picks those that it may carry. */
export interface Properties {
  /** Whether the payload is UTF-8 text. */
  readonly payloadFormatIndicator?: boolean;
  readonly messageExpiryS?: number;
  readonly contentType?: string;
  readonly responseTopic?: string;
  readonly correlationData?: Uint8Array;
  /** 1 to 268,435,455. One in a SUBSCRIBE, one or more in a PUBLISH of the server. */
  readonly subscriptionIdentifiers?: readonly number[];
  /** 0xFFFFFFFF: the session does not expire. */
  readonly sessionExpiryS?: number;
  readonly assignedClientId?: string;
  readonly serverKeepAliveS?: number;
  readonly authenticationMethod?: string;
  readonly authenticationData?: Uint8Array;
  readonly requestProblemInformation?: boolean;
  readonly willDelayS?: number;
  readonly requestResponseInformation?: boolean;
  readonly responseInformation?: string;
  readonly serverReference?: string;
  /** For people and logs (the standard's Reason String). */
  readonly reason?: string;
  /** 1 to 65,535. */
  readonly receiveMaximum?: number;
  readonly topicAliasMaximum?: number;
  /** 1 to 65,535. */
  readonly topicAlias?: number;
  readonly maximumQos?: 0 | 1;
  readonly retainAvailable?: boolean;
  readonly userProperties?: readonly UserProperty[];
  /** In bytes, the whole packet. At least 1. */
  readonly maximumPacketSize?: number;
  readonly wildcardSubscriptionAvailable?: boolean;
  readonly subscriptionIdentifiersAvailable?: boolean;
  readonly sharedSubscriptionAvailable?: boolean;
}

export type PropertyName = keyof Properties;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Kind = 'flag' | 'uint8' | 'uint16' | 'uint32' | 'varints' | 'string' | 'binary' | 'pairs';

interface Property {
  readonly id: number;
  readonly name: PropertyName;
  readonly kind: Kind;
  /** One bit per property, for the sets of those permitted and those seen. */
  readonly bit: number;
}

const KINDS: readonly (readonly [id: number, name: PropertyName, kind: Kind])[] = [
  [0x01, 'payloadFormatIndicator', 'flag'],
  [0x02, 'messageExpiryS', 'uint32'],
  [0x03, 'contentType', 'string'],
  [0x08, 'responseTopic', 'string'],
  [0x09, 'correlationData', 'binary'],
  [0x0b, 'subscriptionIdentifiers', 'varints'],
  [0x11, 'sessionExpiryS', 'uint32'],
  [0x12, 'assignedClientId', 'string'],
  [0x13, 'serverKeepAliveS', 'uint16'],
  [0x15, 'authenticationMethod', 'string'],
  [0x16, 'authenticationData', 'binary'],
  [0x17, 'requestProblemInformation', 'flag'],
  [0x18, 'willDelayS', 'uint32'],
  [0x19, 'requestResponseInformation', 'flag'],
  [0x1a, 'responseInformation', 'string'],
  [0x1c, 'serverReference', 'string'],
  [0x1f, 'reason', 'string'],
  [0x21, 'receiveMaximum', 'uint16'],
  [0x22, 'topicAliasMaximum', 'uint16'],
  [0x23, 'topicAlias', 'uint16'],
  [0x24, 'maximumQos', 'uint8'],
  [0x25, 'retainAvailable', 'flag'],
  [0x26, 'userProperties', 'pairs'],
  [0x27, 'maximumPacketSize', 'uint32'],
  [0x28, 'wildcardSubscriptionAvailable', 'flag'],
  [0x29, 'subscriptionIdentifiersAvailable', 'flag'],
  [0x2a, 'sharedSubscriptionAvailable', 'flag'],
];

const byId: (Property | undefined)[] = [];
const byName = new Map<PropertyName, Property>();
KINDS.forEach(([id, name, kind], index) => {
  const property: Property = { id, name, kind, bit: 1 << index };
  byId[id] = property;
  byName.set(name, property);
});

/** The properties that one place may carry. */
export interface PropertySet {
  readonly place: string;
  readonly bits: number;
  readonly list: readonly Property[];
}

export function propertySet(place: string, names: readonly PropertyName[]): PropertySet {
  const list = names.map((name) => byName.get(name)!);
  return { place, list, bits: list.reduce((bits, { bit }) => bits | bit, 0) };
}

/** Reads a property section into `target`. Throws for one that is unknown, out of place, given twice, or out of its range. */
export function readProperties(source: ByteSource, target: Properties, permitted: PropertySet): void {
  const length = source.varint();
  if (length === 0) return;
  const outerEnd = source.end;
  const end = source.pos + length;
  if (end > outerEnd)
    malformed(`the properties of ${permitted.place} run past the end of the packet (2.2.2.1)`);
  source.end = end;
  let seen = 0;
  while (source.pos < end) {
    const id = source.uint8();
    const property = byId[id];
    if (property === undefined) malformed(`property 0x${id.toString(16)} does not exist (2.2.2.2)`);
    if ((permitted.bits & property.bit) === 0)
      protocolError(`${property.name} has no place in ${permitted.place} (2.2.2.2)`);
    const again = (seen & property.bit) !== 0;
    if (again && property.kind !== 'pairs' && property.kind !== 'varints') {
      protocolError(`${property.name} is given twice in ${permitted.place} (2.2.2.2)`);
    }
    seen |= property.bit;
    readProperty(source, target, property);
  }
  source.end = outerEnd;
  checkRanges(target);
}

function readProperty(source: ByteSource, target: Mutable<Properties>, property: Property): void {
  const fields = target as Record<PropertyName, unknown>;
  const { name, kind } = property;
  switch (kind) {
    case 'flag': {
      const value = source.uint8();
      if (value > 1) protocolError(`${name} is ${value}; it can be 0 or 1`);
      fields[name] = value === 1;
      break;
    }
    case 'uint8':
      fields[name] = source.uint8();
      break;
    case 'uint16':
      fields[name] = source.uint16();
      break;
    case 'uint32':
      fields[name] = source.uint32();
      break;
    case 'string':
      fields[name] = source.string();
      break;
    case 'binary':
      fields[name] = source.binaryCopy();
      break;
    case 'varints': {
      const value = source.varint();
      if (value === 0) protocolError('a subscription identifier is 0 (3.8.2.1.2)');
      const list = target.subscriptionIdentifiers as number[] | undefined;
      if (list === undefined) target.subscriptionIdentifiers = [value];
      else list.push(value);
      break;
    }
    case 'pairs': {
      const pair: UserProperty = [source.string(), source.string()];
      const list = target.userProperties as UserProperty[] | undefined;
      if (list === undefined) target.userProperties = [pair];
      else list.push(pair);
      break;
    }
    default:
      kind satisfies never;
  }
}

function checkRanges(target: Properties): void {
  if (target.receiveMaximum === 0) protocolError('Receive Maximum is 0 (3.1.2.11.3)');
  if (target.maximumPacketSize === 0) protocolError('Maximum Packet Size is 0 (3.1.2.11.4)');
  if (target.maximumQos !== undefined && target.maximumQos > 1)
    protocolError('Maximum QoS is neither 0 nor 1 (3.2.2.3.4)');
  if (target.topicAlias === 0) throw new MqttError('topic-alias-invalid', 'Topic Alias is 0 [MQTT-3.3.2-8]');
  if (target.responseTopic !== undefined && !isTopicName(target.responseTopic)) {
    throw new MqttError('topic-name-invalid', 'Response Topic is empty or has wildcards [MQTT-3.3.2-14]');
  }
  if (target.authenticationData !== undefined && target.authenticationMethod === undefined) {
    protocolError('Authentication Data without Authentication Method (3.1.2.11.10)');
  }
}

/** Writes the property section of `packet`, its length included. */
export function writeProperties(sink: ByteSink, packet: Properties, permitted: PropertySet): void {
  const mark = sink.beginLength();
  for (const property of permitted.list) {
    const value = packet[property.name];
    if (value !== undefined) writeProperty(sink, property, value);
  }
  sink.endLength(mark);
}

/** Whether `packet` has any of these properties, so that a section is needed. */
export function hasProperties(packet: Properties, permitted: PropertySet): boolean {
  for (const { name } of permitted.list) {
    if (packet[name] !== undefined) return true;
  }
  return false;
}

function writeProperty(sink: ByteSink, property: Property, value: unknown): void {
  const { id, kind } = property;
  if (kind === 'pairs') {
    for (const [name, text] of value as readonly UserProperty[]) {
      sink.uint8(id);
      sink.string(name);
      sink.string(text);
    }
    return;
  }
  if (kind === 'varints') {
    for (const identifier of value as readonly number[]) {
      sink.uint8(id);
      sink.varint(identifier);
    }
    return;
  }
  sink.uint8(id);
  switch (kind) {
    case 'flag':
      sink.uint8(value === true ? 1 : 0);
      break;
    case 'uint8':
      sink.uint8(value as number);
      break;
    case 'uint16':
      sink.uint16(value as number);
      break;
    case 'uint32':
      sink.uint32(value as number);
      break;
    case 'string':
      sink.string(value as string);
      break;
    case 'binary':
      sink.binary(value as Uint8Array);
      break;
    default:
      kind satisfies never;
  }
}
