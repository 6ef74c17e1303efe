import { MessageType } from '@skein/chat';
import type { Refusal } from '@skein/protocol';
import { Random } from '@skein/testkit';
import { clientMessageId } from '../client-message-id.ts';
import type { FetchRequest, PublishEffect } from '../effect.ts';
import type { FetchAnswer } from '../input.ts';
import { Device, type DeviceWorld } from './device.ts';
import { EventQueue } from './event-queue.ts';
import { Ledger } from './ledger.ts';
import { ModelServer } from './model-server.ts';
import { type Faults, Network, noFaults } from './network.ts';

const DM = 'dm:1:2';
const GROUP = 'group:9';
const SERVICE = 'cs:1:1';
const conversationsOf = new Map([
  ['1', [DM, GROUP, SERVICE]],
  ['2', [DM, GROUP, SERVICE]],
  ['3', [GROUP, SERVICE]],
]);

/** How long faults last, and how long everything may take to settle afterwards. */
const faultyMs = 25_000;
const settleMs = 200_000;

/** Several devices against a model server. A seed decides everything. */
export class World implements DeviceWorld {
  readonly random: Random;
  readonly server = new ModelServer();
  readonly devices: Device[] = [];
  readonly ledger: Ledger;
  now = 1_700_000_000_000;
  faults: Faults;
  readonly #queue = new EventQueue();
  readonly #until: number;
  readonly #network: Network;
  #connections = 0;
  #restores = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
    const { random } = this;
    const rate = (most: number) => (random.chance(0.5) ? random.fraction() * most : 0);
    this.faults = {
      drop: rate(0.4),
      double: rate(0.3),
      reorder: rate(0.5),
      store: rate(0.4),
      fetch: rate(0.4),
      busy: rate(0.3),
      closed: rate(0.05),
    };
    this.#until = this.now + faultyMs;
    this.ledger = new Ledger(this.server);
    this.#network = new Network(this, random.chance(0.5));
    this.server.begin(DM, ['1', '2']);
    this.server.begin(GROUP, ['1', '2', '3']);
    this.server.begin(SERVICE, ['1', '2', '3']);
    for (const [user] of conversationsOf) {
      for (let n = random.integer(1, 2); n > 0; n -= 1)
        this.devices.push(new Device(`${user}/${n}`, user, this));
    }
  }

  /** Faults first, then quiet; what was broken is in the ledger. */
  run(): readonly string[] {
    for (const device of this.devices) {
      device.start();
      this.after(this.random.integer(0, 500), () => this.#live(device));
      this.after(this.random.integer(0, 2_000), () => this.#connect(device));
    }
    this.after(this.random.integer(0, faultyMs * 2), () => this.#restore());
    this.#runUntil(this.#until);
    this.faults = noFaults;
    for (const device of this.devices) {
      if (device.connection === 0) this.#connect(device);
      for (const id of conversationsOf.get(device.userId)!) {
        if (!device.sync.conversation(id)) device.handle({ type: 'open', conversationId: id });
      }
    }
    this.#runUntil(this.now + settleMs);
    for (const device of this.devices) this.#readAll(device);
    this.#runUntil(this.now + settleMs / 10);
    for (const device of this.devices) this.ledger.converged(device, conversationsOf.get(device.userId)!);
    this.ledger.complete(this.devices);
    return this.ledger.violations;
  }

  #runUntil(end: number): void {
    while ((this.#queue.nextAt ?? Number.POSITIVE_INFINITY) <= end && this.ledger.violations.length === 0) {
      const event = this.#queue.pop()!;
      this.now = event.at;
      event.run();
    }
    this.now = end;
  }

  at(time: number, then: () => void): void {
    this.#queue.push(time, then);
  }

  after(ms: number, then: () => void): void {
    this.#queue.push(this.now + ms, then);
  }

  /** One thing that a user or the device does, and so on as long as there are faults. */
  #live(device: Device): void {
    if (this.now >= this.#until) return;
    this.#act(device);
    this.after(this.random.integer(20, 1_500), () => this.#live(device));
  }

  #act(device: Device): void {
    const { random } = this;
    const conversationId = random.pick(conversationsOf.get(device.userId)!);
    const dice = random.integer(0, 99);
    if (dice < 45) for (let n = random.pick([1, 1, 2, 5]); n > 0; n -= 1) this.#send(device, conversationId);
    else if (dice < 58) device.handle({ type: 'open', conversationId });
    else if (dice < 62) device.handle({ type: 'close', conversationId });
    else if (dice < 72) device.handle({ type: 'markRead', conversationId });
    else if (dice < 76) device.handle({ type: 'older', conversationId });
    else if (dice < 80) device.handle({ type: 'typing', conversationId });
    else if (dice < 83) this.#crash(device);
    else if (dice < 93) this.#cut(device);
    else if (dice < 95) this.#evict(device);
    else if (dice < 97) this.#membership();
    else this.#settleFailed(device);
  }

  #send(device: Device, conversationId: string): void {
    const { random } = this;
    const key = clientMessageId(this.now, random.uint32());
    const recallable = this.server.logs
      .get(conversationId)!
      .entries.filter((e) => e.senderId === device.userId);
    const amends = recallable.length > 0 && random.chance(0.12);
    const content = amends
      ? {
          content: 'amended',
          messageType: random.pick([MessageType.RECALL, MessageType.EDIT]),
          targetSeq: random.pick(recallable).seq,
        }
      : { content: `${device.name} says ${key}` };
    this.ledger.wanted(device, conversationId, key);
    device.handle({ type: 'send', conversationId, clientMessageId: key, content });
  }

  #crash(device: Device): void {
    this.ledger.crashed(device);
    device.crash();
    this.after(this.random.integer(0, 3_000), () => this.#connect(device));
  }

  #cut(device: Device): void {
    if (device.connection === 0) return;
    this.#disconnect(device);
    this.after(this.random.integer(0, 5_000), () => this.#connect(device));
  }

  #disconnect(device: Device): void {
    device.connection = 0;
    device.subscribed = false;
    const { life } = device;
    // The device finds out later than the server.
    this.after(this.random.integer(0, 300), () => {
      if (device.life === life && device.connection === 0) device.handle({ type: 'disconnected' });
    });
  }

  #connect(device: Device): void {
    if (device.connection !== 0) return;
    this.#connections += 1;
    const connection = this.#connections;
    device.connection = connection;
    device.downUntil = this.now;
    device.upUntil = this.now;
    device.handle({ type: 'connected' });
    this.after(this.random.integer(1, 100), () => {
      if (device.connection !== connection) return;
      device.subscribed = true;
      this.#network.subscribed(device);
    });
  }

  /** The device loses a few entries without noticing. */
  #evict(device: Device): void {
    for (const entries of device.disk.entries.values()) {
      for (const seq of entries.keys()) if (this.random.chance(0.1)) entries.delete(seq);
    }
    this.ledger.evicted(device);
  }

  #membership(): void {
    const member = this.server.logs.get(GROUP)!.members.get('3')!;
    if (member.left) this.server.join(GROUP, '3');
    else this.server.leave(GROUP, '3');
    this.#network.feedChanged('3');
  }

  #settleFailed(device: Device): void {
    for (const row of device.disk.outbox.values()) {
      if (!row.failed) continue;
      const type = this.random.pick(['retry', 'discard'] as const);
      this.ledger.byHand(row.clientMessageId);
      device.handle({ type, clientMessageId: row.clientMessageId });
    }
  }

  #restore(): void {
    if (this.now >= this.#until || this.#restores > 0) return;
    this.#restores += 1;
    this.ledger.restoring();
    this.server.restore((length) => this.random.integer(Math.floor(length / 2), length));
    this.ledger.restored();
    for (const device of this.devices) this.#cut(device);
  }

  publish(device: Device, connection: number, effect: PublishEffect): void {
    this.#network.publish(device, connection, effect);
  }

  call(userId: string, request: FetchRequest): FetchAnswer | Refusal {
    return this.server.call(userId, request);
  }

  observe(device: Device): void {
    this.ledger.observe(device);
  }

  stored(device: Device): void {
    this.ledger.stored(device);
  }

  aboutToPublish(device: Device, effect: PublishEffect): void {
    this.ledger.published(device, effect);
  }

  /** Scrolls every view up to its beginning. */
  #readAll(device: Device): void {
    for (const conversationId of conversationsOf.get(device.userId)!) {
      const page = () => {
        if (device.sync.conversation(conversationId)?.older !== 'more') return;
        device.handle({ type: 'older', conversationId });
        this.after(500, page);
      };
      page();
    }
  }
}
