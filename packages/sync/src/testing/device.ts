import type { Refusal } from '@skein/protocol';
import type { Random } from '@skein/testkit';
import type { Effect, FetchRequest, PublishEffect } from '../effect.ts';
import type { FetchAnswer, Input } from '../input.ts';
import type { Transaction } from '../rows.ts';
import { Sync } from '../sync.ts';
import { Disk } from './disk.ts';

/** What a device needs of the world around it. */
export interface DeviceWorld {
  readonly now: number;
  readonly random: Random;
  /** How often each thing goes wrong, from 0 to 1. */
  readonly faults: { readonly store: number; readonly fetch: number };
  after(ms: number, then: () => void): void;
  publish(device: Device, connection: number, effect: PublishEffect): void;
  call(userId: string, request: FetchRequest): FetchAnswer | Refusal;
  /** After everything that the device's core did. */
  observe(device: Device): void;
  stored(device: Device): void;
  aboutToPublish(device: Device, effect: PublishEffect): void;
}

/** A shell around a core, on simulated storage, timers and lines. */
export class Device {
  readonly name: string;
  readonly userId: string;
  readonly disk = new Disk();
  readonly changed = new Set<string>();
  sync = new Sync();
  /** The connection's number; 0: none. */
  connection = 0;
  subscribed = false;
  /** Grows with each crash: what is under way belongs to a core of the past. */
  life = 0;
  /** Until when the line down is taken: it keeps its order. */
  downUntil = 0;
  upUntil = 0;
  readonly #world: DeviceWorld;
  #writing: Transaction | undefined;
  #timer = 0;

  constructor(name: string, userId: string, world: DeviceWorld) {
    this.name = name;
    this.userId = userId;
    this.#world = world;
  }

  start(): void {
    this.sync = new Sync();
    const saved = this.disk.saved();
    this.handle({ type: 'opened', userId: this.userId, random: this.#world.random.uint32(), saved });
  }

  /** The core is gone, and with it all that was not stored; a transaction under way is kept whole or not at all. */
  crash(): void {
    if (this.#writing && this.#world.random.chance(0.5)) this.disk.apply(this.#writing);
    this.#writing = undefined;
    this.life += 1;
    this.connection = 0;
    this.subscribed = false;
    this.changed.clear();
    this.start();
  }

  handle(input: Input): void {
    this.sync.handle(input, this.#world.now);
    for (let effect = this.sync.nextEffect(); effect; effect = this.sync.nextEffect()) this.#carryOut(effect);
    this.#schedule();
    this.#world.observe(this);
    this.changed.clear();
  }

  #schedule(): void {
    const at = this.sync.deadline();
    this.#timer += 1;
    const timer = this.#timer;
    const { life } = this;
    if (at === undefined) return;
    this.#world.after(Math.max(0, at - this.#world.now), () => {
      if (this.life === life && this.#timer === timer) this.handle({ type: 'tick' });
    });
  }

  #carryOut(effect: Effect): void {
    const world = this.#world;
    switch (effect.type) {
      case 'notify':
        if (effect.changed.what === 'conversation') this.changed.add(effect.changed.conversationId);
        break;
      case 'store': {
        const { token, transaction } = effect;
        if (this.#writing) throw new Error('two transactions at a time');
        this.#writing = transaction;
        this.#later(world.random.integer(0, 8), () => {
          this.#writing = undefined;
          const fails = world.random.chance(world.faults.store);
          if (!fails) this.disk.apply(transaction);
          world.stored(this);
          this.handle({ type: fails ? 'storeFailed' : 'stored', token });
        });
        break;
      }
      case 'load': {
        const { token, conversationId, range, positions: asksPositions } = effect;
        this.#later(world.random.integer(0, 8), () => {
          const positions = asksPositions ? this.disk.positions.get(conversationId) : undefined;
          const entries = this.disk.range(conversationId, range);
          this.handle({ type: 'loaded', token, entries, ...(positions && { positions }) });
        });
        break;
      }
      case 'publish':
        world.aboutToPublish(this, effect);
        world.publish(this, this.connection, effect);
        break;
      case 'fetch':
        this.#fetch(effect);
        break;
      default:
        effect satisfies never;
    }
  }

  #fetch(effect: Extract<Effect, { type: 'fetch' }>): void {
    const world = this.#world;
    const { token } = effect;
    this.#later(world.random.integer(1, 60), () => {
      const fails = world.random.chance(world.faults.fetch);
      const answer = world.call(this.userId, effect);
      this.#later(world.random.integer(1, 60), () => {
        if (fails) this.handle({ type: 'fetchFailed', token });
        else if ('refused' in answer) this.handle({ type: 'fetchFailed', token, refusal: answer });
        else this.handle({ type: 'fetched', token, ...answer });
      });
    });
  }

  #later(ms: number, then: () => void): void {
    const { life } = this;
    this.#world.after(ms, () => {
      if (this.life === life) then();
    });
  }
}
