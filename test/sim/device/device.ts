import type { Millis } from '@skein/chat';
import { FIRST_FAILURE } from '@skein/mqtt';
import type { UserId } from '@skein/protocol';
import type { Role } from '@skein/server/parts';
import type { Changed, Effect, FetchEffect, Input, Sync, UserInput } from '@skein/sync';
import type { Random } from '@skein/testkit';
import type { Agenda } from '../agenda.ts';
import type { Direction, Notice, Wire } from '../network.ts';
import type { Torn } from '../store/slow-store.ts';
import { Acknowledging } from './acknowledging.ts';
import { DeviceLine } from './device-line.ts';
import type { DeviceStorage } from './device-storage.ts';
import { numbersOf, payloadOf, receivedOn, refusalOf } from './payloads.ts';

export interface DeviceSpec {
  readonly name: string;
  readonly userId: UserId;
  readonly role: Role;
  /** One of them holds the connection; the others ask it. */
  readonly tabs: number;
  readonly version: 4 | 5;
  readonly sessionExpiryS: number;
}

/** What a device has around it. */
export interface Surroundings {
  readonly agenda: Agenda;
  /** Undefined: the server cannot be reached. */
  connect(device: Device): { readonly wire: Wire; readonly token: string } | undefined;
  call(device: Device, effect: FetchEffect, answer: (input: Input) => void): void;
  readonly observer: DeviceObserver;
  /** The client's core; another one for a planted bug. */
  core(): Sync;
}

export interface DeviceObserver {
  /** Before it is carried out. */
  wants(device: Device, effect: Effect): void;
  /** Before the core gets it. */
  input(device: Device, input: Input): void;
  changed(device: Device, changed: Changed): void;
}

const retryMs = { least: 100, most: 20_000 } as const;

/** A tab that sees no leader any more takes over within this. */
const failoverMs = { least: 50, most: 900 } as const;

/** A phone or browser of one user: the real core of the client between a line, a storage and fingers. */
export class Device {
  readonly spec: DeviceSpec;
  readonly storage: DeviceStorage;
  sync: Sync | undefined;
  /** Milliseconds by which its clock is wrong. */
  clockErrorMs: Millis = 0;
  /** Grows with each loading of the page. */
  generation = 0;
  frozen = false;
  /** Without a network until then. */
  offlineUntil: Millis = 0;
  line: DeviceLine | undefined;
  /** Called when the next transaction is written: the page ends there. */
  endAtWrite: ((device: Device) => void) | undefined;
  readonly #around: Surroundings;
  readonly #random: Random;
  #acknowledging = new Acknowledging();
  /** What happened while the page was frozen. */
  #missed: (() => void)[] = [];
  /** Commands of tabs whose leader has not kept them yet, by key. */
  readonly #asked = new Map<string, UserInput>();
  #attempts = 0;
  #cancelTick: () => void = () => {};
  #tickAt: Millis | undefined;
  #cancelConnect: (() => void) | undefined;
  #pumping = false;

  constructor(spec: DeviceSpec, storage: DeviceStorage, around: Surroundings, random: Random) {
    this.spec = spec;
    this.storage = storage;
    this.#around = around;
    this.#random = random;
  }

  get #agenda(): Agenda {
    return this.#around.agenda;
  }

  /** Unix milliseconds as this device shows them. */
  get clock(): Millis {
    return this.#agenda.now + this.clockErrorMs;
  }

  /** The page is loaded. */
  open(): void {
    if (this.sync) return;
    this.generation += 1;
    this.sync = this.#around.core();
    this.#acknowledging = new Acknowledging();
    const { userId, role } = this.spec;
    this.give({
      type: 'opened',
      userId,
      role,
      random: this.#random.uint32(),
      saved: this.storage.saved(),
    });
    for (const command of this.#asked.values()) this.give(command);
    this.#connectIn(this.#random.integer(0, 50));
  }

  /** The page is gone; what it was writing is kept, or not. */
  end(torn: Torn): void {
    if (!this.sync) return;
    this.sync = undefined;
    this.frozen = false;
    this.#missed = [];
    this.storage.interrupt(torn);
    this.#cancelTick();
    this.#tickAt = undefined;
    this.#cancelConnect?.();
    this.#cancelConnect = undefined;
    this.line?.abandon({ clientMs: undefined, serverMs: this.#random.integer(0, 200) });
    this.line = undefined;
  }

  /** The tab that leads is gone, and another one takes over. */
  failOver(torn: Torn): void {
    if (!this.sync) return;
    this.end(torn);
    this.#agenda.after(this.#random.integer(failoverMs.least, failoverMs.most), () => this.open());
  }

  /** A user's word. One of several tabs may have to ask the tab that leads. */
  command(command: UserInput): void {
    const asks = this.spec.tabs > 1 && this.#random.chance(0.5);
    if (!asks) {
      if (this.sync) this.#whenAwake(() => this.give(command));
      return;
    }
    if (command.type === 'send') this.#asked.set(command.clientMessageId, command);
    this.#agenda.after(this.#random.integer(1, 5), () => this.#whenAwake(() => this.give(command)));
  }

  freeze(forMs: Millis): void {
    if (!this.sync || this.frozen) return;
    this.frozen = true;
    this.line?.freeze();
    this.#agenda.after(forMs, () => this.#thaw());
  }

  #thaw(): void {
    if (!this.frozen) return;
    this.frozen = false;
    const missed = this.#missed;
    this.#missed = [];
    for (const run of missed) run();
    this.line?.thaw();
    this.give({ type: 'tick' });
  }

  #whenAwake(run: () => void): void {
    if (this.frozen) this.#missed.push(run);
    else run();
  }

  /** For answers to this page: not to one that was loaded later. */
  #forThisPage(run: () => void): () => void {
    const { generation } = this;
    return () => {
      if (this.generation === generation && this.sync) this.#whenAwake(run);
    };
  }

  setClock(errorMs: Millis): void {
    this.clockErrorMs = errorMs;
    this.give({ type: 'tick' });
  }

  cut(notice: Notice): void {
    this.line?.cut(notice);
  }

  cutAtNext(direction: Direction, notice: Notice): void {
    this.line?.cutAtNext(direction, notice);
  }

  #connectIn(delayMs: Millis): void {
    this.#cancelConnect?.();
    this.#cancelConnect = this.#agenda.after(
      delayMs,
      this.#forThisPage(() => this.#connect()),
    );
  }

  #retry(): void {
    this.#attempts += 1;
    const most = Math.min(retryMs.most, 500 * 2 ** this.#attempts);
    this.#connectIn(this.#random.integer(retryMs.least, most));
  }

  #connect(): void {
    const { agenda } = this.#around;
    const connected = agenda.now < this.offlineUntil ? undefined : this.#around.connect(this);
    if (!connected) {
      this.#retry();
      return;
    }
    const { userId, version, sessionExpiryS, name } = this.spec;
    const options = { agenda, userId, version, sessionExpiryS, clientId: name, ...connected };
    const line: DeviceLine = new DeviceLine(options, {
      accepted: (epoch) => {
        this.#attempts = 0;
        this.give({ type: 'connected', ...(epoch !== undefined && { epoch }) });
      },
      subscribed: () => this.give({ type: 'subscribed' }),
      message: (topic, payload, settle) => {
        this.#acknowledging.received(settle);
        this.give({ type: 'received', ...receivedOn(topic, payload) });
      },
      acknowledged: ({ token, reasonCode, reason = '', userProperties = [] }) => {
        if (reasonCode >= FIRST_FAILURE) {
          this.give({ type: 'refused', token: token as number, refusal: refusalOf(reason) });
          return;
        }
        const numbers = numbersOf(userProperties);
        this.give({ type: 'published', token: token as number, ...(numbers && { numbers }) });
      },
      closed: () => {
        this.line = undefined;
        this.give({ type: 'disconnected' });
        if (this.sync) this.#retry();
      },
    });
    this.line = line;
  }

  /** Gives the core an input and carries out what it wants. */
  give(input: Input): void {
    if (!this.sync) return;
    this.#around.observer.input(this, input);
    this.sync.handle(input, this.clock);
    // What is carried out may bring the next input at once: it is taken up by the loop that is running.
    if (!this.#pumping) this.#pump(this.sync);
  }

  #pump(sync: Sync): void {
    this.#pumping = true;
    try {
      for (let effect = sync.nextEffect(); effect && this.sync === sync; effect = sync.nextEffect())
        this.#carryOut(effect);
    } finally {
      this.#pumping = false;
    }
    if (this.sync !== sync) return;
    this.#acknowledging.idle();
    this.#setTick(sync.deadline());
  }

  #setTick(deadline: Millis | undefined): void {
    if (deadline === undefined) return;
    // Timers measure time; what the clock shows in the end does not matter to them.
    const at = this.#agenda.now + Math.max(1, deadline - this.clock);
    // One that comes too early finds nothing to do and sets the next.
    if (this.#tickAt !== undefined && this.#tickAt <= at) return;
    this.#cancelTick();
    this.#tickAt = at;
    const { generation } = this;
    this.#cancelTick = this.#agenda.at(at, () => {
      if (this.generation !== generation || !this.sync) return;
      this.#tickAt = undefined;
      this.#whenAwake(() => this.give({ type: 'tick' }));
    });
  }

  #carryOut(effect: Effect): void {
    this.#around.observer.wants(this, effect);
    switch (effect.type) {
      case 'publish':
        this.line?.publish(effect.name, payloadOf(effect), effect.qos, effect.token);
        break;
      case 'fetch':
        this.#fetch(effect);
        break;
      case 'store':
        this.#store(effect);
        break;
      case 'load':
        this.#agenda.after(
          this.#random.integer(1, 6),
          this.#forThisPage(() =>
            this.give({ type: 'loaded', token: effect.token, ...this.storage.load(effect) }),
          ),
        );
        break;
      case 'notify':
        this.#around.observer.changed(this, effect.changed);
        break;
      default:
        effect satisfies never;
    }
  }

  #fetch(effect: FetchEffect): void {
    const { generation } = this;
    this.#around.call(this, effect, (input) => {
      if (this.generation === generation && this.sync) this.#whenAwake(() => this.give(input));
    });
  }

  #store({ token, transaction }: Extract<Effect, { type: 'store' }>): void {
    const { generation } = this;
    this.#acknowledging.storing();
    this.storage.write(transaction, (kept) => {
      // Nobody need ask the leader again for what is kept.
      if (kept) for (const { clientMessageId } of transaction.outbox) this.#asked.delete(clientMessageId);
      if (this.generation !== generation || !this.sync) return;
      this.#whenAwake(() => {
        // First, since the core may want the next transaction written at once.
        this.#acknowledging.stored();
        this.give({ type: kept ? 'stored' : 'storeFailed', token });
      });
    });
    const { endAtWrite } = this;
    if (!endAtWrite) return;
    this.endAtWrite = undefined;
    this.#agenda.after(0, () => endAtWrite(this));
  }
}
