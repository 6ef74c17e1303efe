import fc from 'fast-check';
import type { Packet, PacketType, ProtocolVersion } from './packet.ts';
import type { Properties, UserProperty } from './properties.ts';

/** Text as MQTT lets it through. */
const text = fc.string({ unit: 'binary', maxLength: 20 }).map((s) => s.replaceAll('\0', '0'));
export const topicName = fc
  .array(
    text.map((s) => s.replaceAll(/[+#]/g, '-')),
    { minLength: 1, maxLength: 4 },
  )
  .map((levels) => levels.join('/') || 'a');
const topicFilter = fc
  .tuple(topicName, fc.constantFrom('', '/#', '/+', '/+/end'))
  .map(([a, b]) => `f/${a}${b}`);
const bytes = fc.uint8Array({ maxLength: 40 });
const payload = fc.oneof(bytes, fc.uint8Array({ minLength: 100, maxLength: 400 }));
const uint16 = fc.integer({ min: 0, max: 0xffff });
const positive16 = fc.integer({ min: 1, max: 0xffff });
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);

/** Names are unique and plain, since the reference implementation keeps user properties in an object. */
const userProperties: fc.Arbitrary<UserProperty[]> = fc.uniqueArray(
  fc.tuple(
    fc.constantFrom('message-id', 'seq', 'name', 'Ünï', '漢字', 'x'),
    text.filter((s) => s !== ''),
  ),
  { minLength: 1, maxLength: 4, selector: ([name]) => name },
);

const values: { [K in keyof Properties]-?: fc.Arbitrary<NonNullable<Properties[K]>> } = {
  payloadFormatIndicator: fc.boolean(),
  messageExpiryS: uint32,
  contentType: text,
  responseTopic: topicName,
  correlationData: bytes,
  subscriptionIdentifiers: fc.array(fc.integer({ min: 1, max: 0xfff_ffff }), { minLength: 1, maxLength: 1 }),
  sessionExpiryS: uint32,
  assignedClientId: text,
  serverKeepAliveS: uint16,
  authenticationMethod: text,
  authenticationData: bytes,
  requestProblemInformation: fc.boolean(),
  willDelayS: uint32,
  requestResponseInformation: fc.boolean(),
  responseInformation: text,
  serverReference: text,
  reason: text,
  receiveMaximum: positive16,
  topicAliasMaximum: uint16,
  topicAlias: positive16,
  maximumQos: fc.constantFrom(0 as const, 1 as const),
  retainAvailable: fc.boolean(),
  userProperties,
  maximumPacketSize: fc.integer({ min: 1, max: 0xffff_ffff }),
  wildcardSubscriptionAvailable: fc.boolean(),
  subscriptionIdentifiersAvailable: fc.boolean(),
  sharedSubscriptionAvailable: fc.boolean(),
};

/** Any subset of these properties; none in 3.1.1. */
function properties(version: ProtocolVersion, ...names: (keyof Properties)[]): fc.Arbitrary<Properties> {
  if (version === 4) return fc.constant({});
  const model = Object.fromEntries(names.map((name) => [name, values[name]]));
  return fc.record(model, { requiredKeys: [] }).map((record) => {
    const chosen = { ...record } as Record<string, unknown>;
    if (chosen.authenticationMethod === undefined) delete chosen.authenticationData;
    return chosen as Properties;
  });
}

function connect(version: ProtocolVersion): fc.Arbitrary<Packet> {
  const will = fc
    .tuple(
      fc.record({ topic: topicName, payload: bytes, qos, retain: fc.boolean() }),
      properties(
        version,
        'willDelayS',
        'payloadFormatIndicator',
        'messageExpiryS',
        'contentType',
        'responseTopic',
        'correlationData',
        'userProperties',
      ),
    )
    .map(([fields, chosen]) => ({ ...fields, ...chosen }));
  return fc
    .tuple(
      fc.record(
        {
          clientId: text,
          cleanStart: fc.boolean(),
          keepAliveS: uint16,
          will,
          username: text,
          password: bytes,
        },
        { requiredKeys: ['clientId', 'cleanStart', 'keepAliveS'] },
      ),
      properties(
        version,
        'sessionExpiryS',
        'receiveMaximum',
        'maximumPacketSize',
        'topicAliasMaximum',
        'requestResponseInformation',
        'requestProblemInformation',
        'userProperties',
        'authenticationMethod',
        'authenticationData',
      ),
    )
    .map(([fields, chosen]) => {
      // The reference's writer drops an empty password and, with it, its flag.
      const { password, username, clientId, ...rest } = fields;
      return {
        type: 'connect' as const,
        version,
        ...rest,
        // The reference's writer refuses an empty id unless the session is clean [MQTT-3.1.3-7].
        clientId: clientId || 'c',
        ...(username !== undefined && { username: username || 'u' }),
        ...(username !== undefined && password?.length && { password }),
        ...chosen,
      };
    });
}

function publish(version: ProtocolVersion): fc.Arbitrary<Packet> {
  return fc
    .tuple(
      fc.record({
        topic: topicName,
        payload,
        qos,
        dup: fc.boolean(),
        retain: fc.boolean(),
        packetId: positive16,
      }),
      fc.oneof(
        fc.constant({} as Properties),
        properties(
          version,
          'payloadFormatIndicator',
          'messageExpiryS',
          'topicAlias',
          'responseTopic',
          'correlationData',
          'userProperties',
          'contentType',
        ),
      ),
    )
    .map(([fields, chosen]) => ({
      type: 'publish' as const,
      ...fields,
      packetId: fields.qos === 0 ? 0 : fields.packetId,
      dup: fields.qos > 0 && fields.dup,
      ...chosen,
    }));
}

function acknowledgement(
  type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp',
  version: ProtocolVersion,
): fc.Arbitrary<Packet> {
  const codes = type === 'puback' || type === 'pubrec' ? [0, 0x10, 0x80, 0x87, 0x97, 0x99] : [0, 0x92];
  return fc
    .tuple(
      positive16,
      version === 4 ? fc.constant(0) : fc.constantFrom(...codes),
      properties(version, 'reason', 'userProperties'),
    )
    .map(([packetId, reasonCode, chosen]) => ({ type, packetId, reasonCode, ...chosen }));
}

function subscribe(version: ProtocolVersion): fc.Arbitrary<Packet> {
  const subscription =
    version === 4
      ? fc.record({ filter: topicFilter, qos })
      : fc.record({
          filter: topicFilter,
          qos,
          noLocal: fc.boolean(),
          retainAsPublished: fc.boolean(),
          retainHandling: fc.constantFrom(0 as const, 1 as const, 2 as const),
        });
  return fc
    .tuple(
      positive16,
      fc.array(subscription, { minLength: 1, maxLength: 4 }),
      properties(version, 'subscriptionIdentifiers', 'userProperties'),
    )
    .map(([packetId, subscriptions, chosen]) => ({
      type: 'subscribe' as const,
      packetId,
      subscriptions,
      ...chosen,
    }));
}

function answer(type: 'suback' | 'unsuback', version: ProtocolVersion): fc.Arbitrary<Packet> {
  const codes =
    type === 'suback' ? (version === 4 ? [0, 1, 2, 0x80] : [0, 1, 2, 0x87, 0x8f, 0x97]) : [0, 0x11, 0x87];
  const reasonCodes =
    type === 'unsuback' && version === 4
      ? fc.constant([] as number[])
      : fc.array(fc.constantFrom(...codes), { minLength: 1, maxLength: 5 });
  return fc
    .tuple(positive16, reasonCodes, properties(version, 'reason', 'userProperties'))
    .map(([packetId, granted, chosen]) => ({ type, packetId, reasonCodes: granted, ...chosen }));
}

function connack(version: ProtocolVersion): fc.Arbitrary<Packet> {
  const names = [
    'sessionExpiryS',
    'receiveMaximum',
    'maximumQos',
    'retainAvailable',
    'maximumPacketSize',
    'assignedClientId',
    'topicAliasMaximum',
    'reason',
    'userProperties',
    'wildcardSubscriptionAvailable',
    'subscriptionIdentifiersAvailable',
    'sharedSubscriptionAvailable',
    'serverKeepAliveS',
    'responseInformation',
    'serverReference',
    'authenticationMethod',
    'authenticationData',
  ] as const;
  return fc
    .tuple(
      fc.boolean(),
      version === 4 ? fc.integer({ min: 0, max: 5 }) : fc.constantFrom(0, 0x80, 0x87, 0x97),
      properties(version, ...names),
    )
    .map(([present, reasonCode, chosen]) => ({
      type: 'connack' as const,
      sessionPresent: present && reasonCode === 0,
      reasonCode,
      ...chosen,
    }));
}

/** Packets that each role may read, by type. */
export function packetsReadBy(
  role: 'client' | 'server',
  version: ProtocolVersion,
): { [T in PacketType]?: fc.Arbitrary<Packet> } {
  const either = {
    publish: publish(version),
    puback: acknowledgement('puback', version),
    pubrec: acknowledgement('pubrec', version),
    pubrel: acknowledgement('pubrel', version),
    pubcomp: acknowledgement('pubcomp', version),
  };
  const auth = fc
    .tuple(
      fc.constantFrom(0, 0x18, 0x19),
      properties(version, 'authenticationMethod', 'authenticationData', 'reason', 'userProperties'),
    )
    .map(([reasonCode, chosen]) => ({ type: 'auth' as const, reasonCode, ...chosen }));
  const disconnect = (...names: (keyof Properties)[]) =>
    fc
      .tuple(
        version === 4 ? fc.constant(0) : fc.constantFrom(0, 0x04, 0x8b, 0x8e),
        properties(version, ...names),
      )
      .map(([reasonCode, chosen]) => ({ type: 'disconnect' as const, reasonCode, ...chosen }));
  if (role === 'server') {
    return {
      ...either,
      connect: connect(version),
      subscribe: subscribe(version),
      unsubscribe: fc
        .tuple(
          positive16,
          fc.array(topicFilter, { minLength: 1, maxLength: 4 }),
          properties(version, 'userProperties'),
        )
        .map(([packetId, filters, chosen]) => ({
          type: 'unsubscribe' as const,
          packetId,
          filters,
          ...chosen,
        })),
      pingreq: fc.constant({ type: 'pingreq' as const }),
      disconnect: disconnect('sessionExpiryS', 'reason', 'userProperties'),
      ...(version === 5 && { auth }),
    };
  }
  return {
    ...either,
    connack: connack(version),
    suback: answer('suback', version),
    unsuback: answer('unsuback', version),
    pingresp: fc.constant({ type: 'pingresp' as const }),
    ...(version === 5 && { disconnect: disconnect('reason', 'userProperties', 'serverReference'), auth }),
  };
}

/** Any packet that this role may read. */
export function packetReadBy(role: 'client' | 'server', version: ProtocolVersion): fc.Arbitrary<Packet> {
  return fc.oneof(...Object.values(packetsReadBy(role, version)));
}
