import { create } from '@bufbuild/protobuf';
import { FeedChangeSchema, ReceiptSchema, refusal } from '@skein/protocol';
import type { Random } from '@skein/testkit';
import type { PublishEffect } from '../effect.ts';
import type { Received } from '../input.ts';
import type { Device } from './device.ts';
import type { Ledger } from './ledger.ts';
import type { ModelServer, Outcome, Told } from './model-server.ts';
import { wireEntry } from './wire-entry.ts';

/** How often each thing goes wrong, from 0 to 1. */
export interface Faults {
  readonly drop: number;
  readonly double: number;
  readonly reorder: number;
  readonly store: number;
  readonly fetch: number;
  readonly busy: number;
  readonly closed: number;
}

export const noFaults: Faults = { drop: 0, double: 0, reorder: 0, store: 0, fetch: 0, busy: 0, closed: 0 };

/** What the lines need of the world around them. */
interface NetworkWorld {
  readonly now: number;
  readonly random: Random;
  readonly faults: Faults;
  readonly server: ModelServer;
  readonly ledger: Ledger;
  readonly devices: readonly Device[];
  at(time: number, then: () => void): void;
  after(ms: number, then: () => void): void;
}

/** The lines between the devices and the model server, and what is lost, doubled and overtaken on them. */
export class Network {
  readonly #world: NetworkWorld;
  /** Whether PUBACK tells the numbers, as MQTT 5 can. */
  readonly #tellsNumbers: boolean;
  readonly #feedTold = new Map<string, number>();
  readonly #feedDue = new Set<string>();

  constructor(world: NetworkWorld, tellsNumbers: boolean) {
    this.#world = world;
    this.#tellsNumbers = tellsNumbers;
  }

  /** SUBACK is on its way; from here on the device is told of what happens. */
  subscribed(device: Device): void {
    const { userId } = device;
    if (!this.#feedTold.has(userId)) this.#feedTold.set(userId, this.#world.server.version(userId));
    this.#down(device, () => device.handle({ type: 'subscribed' }));
  }

  /** On the line up: in order, or not at all once the connection is cut. */
  publish(device: Device, connection: number, effect: PublishEffect): void {
    // The server has hung up, and the device does not know it yet.
    if (connection === 0) return;
    device.upUntil = Math.max(device.upUntil, this.#world.now + this.#world.random.integer(1, 60));
    for (let times = this.#world.random.chance(this.#world.faults.double) ? 2 : 1; times > 0; times -= 1) {
      this.#world.at(device.upUntil, () => {
        if (device.connection === connection) this.#arrive(device, connection, effect);
      });
    }
  }

  #arrive(device: Device, connection: number, effect: PublishEffect): void {
    const { token } = effect;
    switch (effect.name) {
      case 'message':
      case 'service': {
        const { random, faults } = this.#world;
        const refused = random.chance(faults.busy)
          ? refusal('RATE_LIMITED', `too many sends: retry after ${random.integer(1, 400)} ms`)
          : random.chance(faults.closed)
            ? refusal('CLOSED', 'nobody can write to it')
            : undefined;
        const outcome = this.#world.server.append(device.userId, effect, refused);
        this.#world.ledger.answered(outcome.ack);
        this.#tellSender(device, connection, token, outcome);
        this.#tell(outcome.told, device);
        break;
      }
      case 'receipt': {
        const { conversationId, kind, seq } = effect.payload;
        const told = this.#world.server.raise(device.userId, conversationId!, kind as 1 | 2, Number(seq));
        if ('refused' in told)
          this.#puback(device, connection, () => device.handle({ type: 'refused', token, refusal: told }));
        else {
          this.#puback(device, connection, () => device.handle({ type: 'published', token }));
          this.#tell(told, undefined);
        }
        break;
      }
      case 'typing':
        break;
      default:
        effect satisfies never;
    }
  }

  #tellSender(device: Device, connection: number, token: number, { ack }: Outcome): void {
    const { code, reason, messageId, conversationId, seq, createTime } = ack;
    const names = { 1: 'NOT_ALLOWED', 4: 'RATE_LIMITED', 5: 'CONFLICT', 6: 'CLOSED' } as const;
    this.#puback(device, connection, () => {
      if (!this.#tellsNumbers) device.handle({ type: 'published', token });
      else if (code === 0) {
        const numbers = { messageId, conversationId, seq: Number(seq), createTime: Number(createTime) };
        device.handle({ type: 'published', token, numbers });
      } else {
        device.handle({ type: 'refused', token, refusal: refusal(names[code as 1], reason) });
      }
    });
    for (const other of this.#listeners(device.userId)) this.#deliver(other, { name: 'ack', payload: ack });
  }

  #listeners(user: string): Device[] {
    return this.#world.devices.filter(({ userId, subscribed }) => userId === user && subscribed);
  }

  #tell(told: readonly Told[], origin: Device | undefined): void {
    for (const one of told) {
      for (const user of one.to) {
        this.feedChanged(user);
        for (const device of this.#listeners(user)) {
          if (one.name === 'receipt') this.#deliver(device, { name: 'receipt', payload: receiptOf(one) });
          else if (device !== origin) this.#deliver(device, entryOf(one));
        }
      }
    }
  }

  /** The list is told soon, the last change of each conversation only. */
  feedChanged(user: string): void {
    if (this.#feedDue.has(user)) return;
    this.#feedDue.add(user);
    this.#world.after(this.#world.random.integer(0, 80), () => {
      this.#feedDue.delete(user);
      let after = this.#feedTold.get(user);
      if (after === undefined) return;
      for (const conversation of this.#world.server.changesSince(user, after)) {
        const { version } = conversation;
        const payload = create(FeedChangeSchema, {
          feed: `user:${user}`,
          version,
          afterVersion: String(after),
          epoch: this.#world.server.epoch,
          conversation,
        });
        for (const device of this.#listeners(user)) this.#deliver(device, { name: 'feed', payload });
        after = Number(version);
      }
      this.#feedTold.set(user, after);
    });
  }

  #deliver(device: Device, received: Received): void {
    const { random, faults } = this.#world;
    if (random.chance(faults.drop)) return;
    const { connection } = device;
    const arrive = () => {
      if (device.connection === connection) device.handle({ type: 'received', ...received });
    };
    for (let times = random.chance(faults.double) ? 2 : 1; times > 0; times -= 1) {
      if (random.chance(faults.reorder)) this.#world.after(random.integer(1, 400), arrive);
      else this.#down(device, arrive);
    }
  }

  #puback(device: Device, connection: number, arrive: () => void): void {
    this.#down(device, () => {
      if (device.connection === connection) arrive();
    });
  }

  /** On the line down, in order. */
  #down(device: Device, arrive: () => void): void {
    device.downUntil = Math.max(device.downUntil, this.#world.now + this.#world.random.integer(1, 60));
    const { connection } = device;
    this.#world.at(device.downUntil, () => {
      if (device.connection === connection) arrive();
    });
  }
}

function receiptOf({ conversationId, userId, kind, seq }: Extract<Told, { name: 'receipt' }>) {
  return create(ReceiptSchema, { conversationId, userId, kind, seq: String(seq) });
}

function entryOf({ conversationId, entry }: Extract<Told, { name: 'entry' }>): Received {
  const { body } = wireEntry(conversationId, entry);
  return body.case === 'service'
    ? { name: 'service', payload: body.value }
    : { name: 'message', payload: body.value! };
}
