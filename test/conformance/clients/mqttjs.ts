import mqtt, { type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import {
  type Client,
  type ClientKind,
  type ConnectOptions,
  ConnectRefused,
  Happenings,
  type PublishAnswer,
  type Qos,
} from './client.ts';

/** MQTT.js, as it is published. */
export function mqttJs(version: '3.1.1' | '5', transport: 'WebSocket' | 'TCP'): ClientKind {
  return {
    client: 'MQTT.js',
    version,
    transport,
    connect: (options) => connect(addressOf(transport, options), settings(version, options), options),
  };
}

function addressOf(transport: 'WebSocket' | 'TCP', { port, path = '/mqtt' }: ConnectOptions): string {
  return transport === 'TCP' ? `mqtt://127.0.0.1:${port}` : `ws://127.0.0.1:${port}${path}`;
}

function settings(version: '3.1.1' | '5', options: ConnectOptions): IClientOptions {
  const { user, token, clientId, keep = false, keepAliveS = 30, will } = options;
  return {
    protocolVersion: version === '5' ? 5 : 4,
    username: user,
    password: token,
    clientId,
    clean: !keep,
    keepalive: keepAliveS,
    reconnectPeriod: 0,
    ...(version === '5' && keep && { properties: { sessionExpiryInterval: 3600 } }),
    ...(will && { will: { ...will, payload: Buffer.from(will.payload), retain: false } }),
  };
}

async function connect(
  address: string,
  settings: IClientOptions,
  { subscribe = [] }: ConnectOptions,
): Promise<Client> {
  const happenings = new Happenings();
  const client = mqtt.connect(address, settings);
  client.on('message', (topic, payload, packet) =>
    happenings.arrive({
      topic,
      payload,
      qos: packet.qos,
      dup: packet.dup,
      packetId: (packet as IPublishPacket).messageId,
    }),
  );
  let reasonCode: number | undefined;
  client.on('disconnect', (packet) => {
    reasonCode = packet.reasonCode;
  });
  const answers = new Answers(client);
  await accepted(client);
  client.on('close', () => happenings.end({ reasonCode }));
  client.on('error', () => happenings.end({ reasonCode }));
  const granted: number[] = [];
  for (const { filter, qos } of subscribe) granted.push(await subscribed(client, filter, qos));
  return {
    granted,
    arrived: happenings.arrived,
    changes: happenings.changes,
    get ended() {
      return happenings.ended;
    },
    publish: (topic, payload, qos) => publish(client, answers, topic, payload, qos),
    async end() {
      if (!client.disconnected) await client.endAsync();
    },
  };
}

function accepted(client: MqttClient): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('error', (error) => {
      client.end(true);
      const { code } = error as { code?: unknown };
      reject(typeof code === 'number' ? new ConnectRefused(code) : error);
    });
  });
}

function subscribed(client: MqttClient, filter: string, qos: Qos): Promise<number> {
  return new Promise((resolve, reject) => {
    // The library makes an error of a refusal; the code itself is in the packet.
    client.subscribe(filter, { qos }, (error, _granted, packet) => {
      const code = packet?.granted?.[0];
      if (typeof code === 'number') resolve(code);
      else reject(error ?? new Error('SUBACK without a code'));
    });
  });
}

interface Acknowledgement {
  readonly messageId?: number;
  readonly reasonCode?: number;
  readonly properties?: { readonly userProperties?: object };
}

/** PUBACK and PUBREC by packet id: the library hands on a refusal's code and nothing else. */
class Answers {
  readonly #answers = new Map<number, PublishAnswer>();

  constructor(client: MqttClient) {
    client.on('packetreceive', (packet) => {
      if (packet.cmd !== 'puback' && packet.cmd !== 'pubrec') return;
      const { messageId, reasonCode = 0, properties } = packet as Acknowledgement;
      const userProperties = { ...properties?.userProperties } as Record<string, string>;
      this.#answers.set(messageId!, { reasonCode, userProperties });
    });
  }

  take(packetId: number): PublishAnswer {
    const answer = this.#answers.get(packetId) ?? {};
    this.#answers.delete(packetId);
    return answer;
  }
}

function publish(
  client: MqttClient,
  answers: Answers,
  topic: string,
  payload: Uint8Array,
  qos: Qos,
): Promise<PublishAnswer> {
  return new Promise((resolve, reject) => {
    client.publish(topic, Buffer.from(payload), { qos }, (error) => {
      if (error && !('code' in error)) reject(error);
      else resolve(qos === 0 ? {} : answers.take(packetId));
    });
    const packetId = client.getLastMessageId();
  });
}
