import fc from 'fast-check';
import reference from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { packetsReadBy } from './packet.arbitrary.ts';
import type { Packet, ProtocolVersion } from './packet.ts';
import type { Properties } from './properties.ts';
import { PacketReader } from './reader.ts';
import { PacketWriter } from './writer.ts';

/** Our names of properties and those of mqtt-packet, where they differ. */
const NAMES: Partial<Record<keyof Properties, string>> = {
  messageExpiryS: 'messageExpiryInterval',
  subscriptionIdentifiers: 'subscriptionIdentifier',
  sessionExpiryS: 'sessionExpiryInterval',
  assignedClientId: 'assignedClientIdentifier',
  serverKeepAliveS: 'serverKeepAlive',
  willDelayS: 'willDelayInterval',
  reason: 'reasonString',
  maximumQos: 'maximumQoS',
};
const PROPERTY_NAMES = new Set<string>([
  ...Object.keys(NAMES),
  'payloadFormatIndicator',
  'contentType',
  'responseTopic',
  'correlationData',
  'authenticationMethod',
  'authenticationData',
  'requestProblemInformation',
  'requestResponseInformation',
  'responseInformation',
  'serverReference',
  'receiveMaximum',
  'topicAliasMaximum',
  'topicAlias',
  'retainAvailable',
  'userProperties',
  'maximumPacketSize',
  'wildcardSubscriptionAvailable',
  'subscriptionIdentifiersAvailable',
  'sharedSubscriptionAvailable',
]);

function referenceProperties(packet: object): { properties?: Record<string, unknown> } {
  const properties: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(packet)) {
    if (!PROPERTY_NAMES.has(name)) continue;
    const theirs = NAMES[name as keyof Properties] ?? name;
    if (name === 'userProperties') properties[theirs] = Object.fromEntries(value);
    else if (name === 'subscriptionIdentifiers') properties[theirs] = value[0];
    else properties[theirs] = value instanceof Uint8Array ? Buffer.from(value) : value;
  }
  return Object.keys(properties).length === 0 ? {} : { properties };
}

/** Our packet as mqtt-packet has it. */
function toReference(packet: Packet, version: ProtocolVersion): Record<string, unknown> {
  const common = { cmd: packet.type, ...referenceProperties(packet) };
  const reasoned = version === 5 ? { reasonCode: 'reasonCode' in packet ? packet.reasonCode : 0 } : {};
  switch (packet.type) {
    case 'connect': {
      const { will, password, username } = packet;
      return {
        ...common,
        protocolId: 'MQTT',
        protocolVersion: version,
        clean: packet.cleanStart,
        keepalive: packet.keepAliveS,
        clientId: packet.clientId,
        ...(username !== undefined && { username }),
        ...(password !== undefined && { password: Buffer.from(password) }),
        ...(will && {
          will: {
            topic: will.topic,
            payload: Buffer.from(will.payload),
            qos: will.qos,
            retain: will.retain,
            ...referenceProperties(will),
          },
        }),
      };
    }
    case 'connack': {
      const { reasonCode, sessionPresent } = packet;
      return { ...common, sessionPresent, ...(version === 5 ? { reasonCode } : { returnCode: reasonCode }) };
    }
    case 'publish': {
      const { topic, qos, dup, retain, packetId } = packet;
      const messageId = qos > 0 ? { messageId: packetId } : {};
      return { ...common, topic, payload: Buffer.from(packet.payload), qos, dup, retain, ...messageId };
    }
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp':
      return { ...common, messageId: packet.packetId, ...reasoned };
    case 'subscribe':
      return {
        ...common,
        messageId: packet.packetId,
        subscriptions: packet.subscriptions.map((s) => ({
          topic: s.filter,
          qos: s.qos,
          ...(version === 5 && { nl: s.noLocal, rap: s.retainAsPublished, rh: s.retainHandling }),
        })),
      };
    case 'unsubscribe':
      return { ...common, messageId: packet.packetId, unsubscriptions: packet.filters };
    case 'suback':
    case 'unsuback': {
      const granted = packet.reasonCodes.length > 0 ? { granted: packet.reasonCodes } : {};
      return { ...common, messageId: packet.packetId, ...granted };
    }
    case 'pingreq':
    case 'pingresp':
      return common;
    case 'disconnect':
    case 'auth':
      return { ...common, ...reasoned };
    default:
      return packet satisfies never;
  }
}

function parseWithReference(bytes: Uint8Array, version: ProtocolVersion): Record<string, unknown> {
  const parser = reference.parser({ protocolVersion: version });
  const packets: object[] = [];
  parser.on('packet', (packet) => packets.push(packet));
  parser.on('error', (error) => {
    throw error;
  });
  parser.parse(Buffer.from(bytes));
  expect(packets).toHaveLength(1);
  return plain(packets[0]!);
}

/** Drops what the other side does not have: absent fields, and header fields that every packet of mqtt-packet gets. */
function plain(packet: object): Record<string, unknown> {
  const fields = JSON.parse(JSON.stringify(packet));
  delete fields.length;
  if (fields.cmd !== 'publish') {
    for (const name of ['qos', 'dup', 'retain', 'topic', 'payload']) delete fields[name];
  }
  for (const name of Object.keys(fields)) if (fields[name] === null) delete fields[name];
  return fields;
}

function write(packet: Packet, version: ProtocolVersion): Uint8Array {
  const writer = new PacketWriter();
  writer.write(packet, version);
  return writer.take()!;
}

function read(bytes: Uint8Array, role: 'client' | 'server', version: ProtocolVersion): Packet {
  const reader = new PacketReader({ role, version, maxPacketSize: 1_000_000 });
  reader.push(bytes);
  const packet = reader.next()!;
  expect(reader.next()).toBeUndefined();
  return packet;
}

for (const version of [4, 5] as const) {
  for (const role of ['client', 'server'] as const) {
    describe(`MQTT ${version === 4 ? '3.1.1' : '5'}, as a ${role} reads it`, () => {
      for (const [type, arbitrary] of Object.entries(packetsReadBy(role, version))) {
        test(`${type}: mqtt-packet reads what we write`, () => {
          fc.assert(
            fc.property(arbitrary, (packet) => {
              expect(parseWithReference(write(packet, version), version)).toEqual(
                plain(toReference(packet, version)),
              );
            }),
          );
        });

        test(`${type}: we read what mqtt-packet writes`, () => {
          fc.assert(
            fc.property(arbitrary, (packet) => {
              const bytes = reference.generate(toReference(packet, version) as never, {
                protocolVersion: version,
              });
              expect(read(bytes, role, version)).toEqual(packet);
            }),
          );
        });
      }
    });
  }
}
