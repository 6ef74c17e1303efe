/** P3's first part: MQTT by the project's own protocol machine, handed on and acknowledged at once, stored nowhere. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { ServerConnection, type ServerEffect } from '@skein/mqtt';

class Session {
  readonly connection: ServerConnection;
  readonly #socket: Socket;
  #isDirty = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.connection = new ServerConnection(limits, Date.now());
    socket.on('data', (chunk) => {
      this.connection.handle({ type: 'bytes', chunk }, Date.now());
      this.#react();
    });
    socket.on('error', () => socket.destroy());
  }

  deliver(topic: string, payload: Uint8Array): void {
    this.connection.handle({ type: 'deliver', topic, payload, qos: 1 }, Date.now());
    this.#react();
  }

  #react(): void {
    for (let effect = this.connection.nextEffect(); effect; effect = this.connection.nextEffect())
      this.#carryOut(effect);
    if (this.#isDirty) return;
    this.#isDirty = true;
    if (dirty.push(this) === 1) setImmediate(flushAll);
  }

  #carryOut(effect: ServerEffect): void {
    const now = Date.now();
    switch (effect.type) {
      case 'connect':
        this.connection.handle({ type: 'accept', sessionPresent: false }, now);
        return;
      case 'subscribe': {
        const { packetId, subscriptions } = effect.packet;
        for (const { filter } of subscriptions) subscribers.set(filter, this);
        this.connection.handle(
          { type: 'subscribed', packetId, reasonCodes: subscriptions.map(() => 1) },
          now,
        );
        return;
      }
      case 'publish': {
        const { topic, payload, packetId } = effect.packet;
        subscribers.get(topic)?.deliver(topic, payload);
        if (packetId !== undefined)
          this.connection.handle({ type: 'acknowledge', packetId, reasonCode: 0 }, now);
        return;
      }
      case 'close':
        this.flush();
        this.#socket.end();
        return;
      default:
    }
  }

  flush(): void {
    this.#isDirty = false;
    const output = this.connection.takeOutput();
    if (output) this.#socket.write(output);
  }
}

/** Wide enough that nothing here is what stops a load. */
const limits = {
  maxPacketSize: 262_144,
  maxConnectSize: 16_384,
  connectTimeoutMs: 5000,
  receiveMaximum: 65_535,
  maxKeepAliveS: 300,
};
const subscribers = new Map<string, Session>();
let dirty: Session[] = [];

function flushAll(): void {
  const sessions = dirty;
  dirty = [];
  for (const session of sessions) session.flush();
}

const server = createServer({ noDelay: true }, (socket) => new Session(socket));
server.listen(0, '127.0.0.1', () => {
  const mqttPort = (server.address() as AddressInfo).port;
  process.stdout.write(`${JSON.stringify({ event: 'listening', mqttPort })}\n`);
});
process.on('SIGTERM', () => process.exit());
