import type { Millis } from '@skein/chat';
import {
  directConversation,
  noteConversation,
  type Refusal,
  type RefusalName,
  refusal,
  serviceConversation,
  type UserId,
} from '@skein/protocol';
import { asCallError, refusalHeader, type Store } from '@skein/server/parts';
import { type Changed, type Effect, type FetchEffect, type Input, Sync } from '@skein/sync';
import { Random } from '@skein/testkit';
import { Agenda } from './agenda.ts';
import type { Bug } from './bugs/bug.ts';
import { Bus, type BusFault } from './bus.ts';
import { DeviceWatch } from './checks/device-watch.ts';
import { Ledger } from './checks/ledger.ts';
import { Violation } from './checks/violation.ts';
import { Witness } from './checks/witness.ts';
import { Device, type Surroundings } from './device/device.ts';
import { DeviceStorage } from './device/device-storage.ts';
import type { Marker } from './markers.ts';
import { Wire } from './network.ts';
import type { Plan } from './plan.ts';
import { Server, TokenRefused } from './server.ts';
import { ModelData } from './store/model-data.ts';
import { ModelStore } from './store/model-store.ts';
import { SlowStore, type StoreWitness, type Torn } from './store/slow-store.ts';
import { writeToken } from './token.ts';
import type { Trace } from './trace.ts';

/** Neither: the line failed, not the call. */
export type CallOutcome<T> = { readonly value: T } | { readonly refusal?: Refusal };

const callTimeoutMs: Millis = 10_000;

/** All that a seed brings to life: one server with its disk, and everybody's devices. */
export class World implements Surroundings {
  readonly agenda = new Agenda();
  readonly witness = new Witness();
  readonly ledger = new Ledger(this.witness);
  readonly plan: Plan;
  readonly trace: Trace;
  readonly devices: Device[][];
  readonly rooms: string[];
  readonly watches = new Map<Device, DeviceWatch>();
  data = new ModelData('epoch-1');
  server: Server | undefined;
  store: SlowStore | undefined;
  serverClockErrorMs: Millis = 0;
  busFault: { readonly how: BusFault; readonly untilMs: Millis } | undefined;
  /** Tokens of these users up to these serials hold no longer. */
  readonly #revokedSerials = new Map<UserId, number>();
  /** Calls of these devices fail until then. */
  readonly callsFail = new Map<Device, { readonly what: 'request' | 'answer'; readonly untilMs: Millis }>();
  /** What broke, once something did. */
  violation: Violation | undefined;
  /** What has happened that need not happen in every seed. */
  readonly reached = new Set<Marker>();
  /** For a planted bug: the disk as it was before the last commit. */
  beforeLastCommit: (() => ModelData) | undefined;
  readonly bug: Bug;
  readonly #random: Random;
  readonly #wires = new Set<Wire>();
  #serials = 0;
  #epochs = 1;

  constructor(plan: Plan, trace: Trace, bug: Bug = { name: 'none' }) {
    this.plan = plan;
    this.bug = bug;
    this.trace = trace;
    this.#random = new Random(plan.seed ^ 0x0b0e);
    this.witness.now = () => this.agenda.now;
    this.witness.reached = this.reached;
    this.witness.begin(this.data.epoch);
    this.witness.keptUpTo = (epoch, id, user) => this.#keptUpTo(epoch, id, user);
    this.devices = plan.users.map(({ role, devices }, user) =>
      devices.map(({ clockErrorMs, ...spec }, device) => {
        // Each device has luck of its own, so that a script without one of them is otherwise the same.
        const random = new Random(plan.seed ^ Math.imul(user * 7 + device + 1, 0x9e3779b1));
        const luck = random.fork();
        const storage = bug.storage?.(this.agenda, luck) ?? new DeviceStorage(this.agenda, luck);
        const name = `user${user}-device${device}`;
        const made = new Device({ ...spec, name, userId: this.userId(user), role }, storage, this, random);
        made.clockErrorMs = clockErrorMs;
        storage.onKept = (id, cursor, epoch) => this.#hasKept(made, id, cursor, epoch);
        this.watches.set(made, new DeviceWatch(this.witness, this.ledger, made, this.reached));
        return made;
      }),
    );
    this.rooms = plan.rooms.map((room) => this.#nameOf(room));
  }

  /** The ends of logs on devices' disks, the largest so far: by epoch, conversation and user (R2). */
  readonly kept = new Map<string, number>();

  #keptUpTo(epoch: string, conversationId: string, userId: UserId): number {
    // A client of 3.1.1 cannot say that it will send receipts: until then its PUBACK counts.
    const plain = this.everyDevice.some(({ spec }) => spec.userId === userId && spec.version === 4);
    return plain ? Number.POSITIVE_INFINITY : (this.kept.get(`${epoch} ${conversationId} ${userId}`) ?? 0);
  }

  #hasKept({ spec: { userId } }: Device, conversationId: string, cursor: number, epoch: string): void {
    const key = `${epoch} ${conversationId} ${userId}`;
    this.kept.set(key, Math.max(cursor, this.kept.get(key) ?? 0));
  }

  userId(user: number): UserId {
    return String(1001 + user);
  }

  /** Groups have a name once they are made. */
  #nameOf(room: Plan['rooms'][number]): string {
    switch (room.kind) {
      case 'dm':
        return directConversation(this.userId(room.users[0]), this.userId(room.users[1]));
      case 'group':
        return '';
      case 'cs':
        return serviceConversation(this.userId(room.customer), room.serviceType);
      case 'note':
        return noteConversation(this.userId(room.customer), room.serviceType);
      default:
        return room satisfies never;
    }
  }

  get everyDevice(): Device[] {
    return this.devices.flat();
  }

  get serverClock(): Millis {
    return this.agenda.now + this.serverClockErrorMs;
  }

  /** What can be read on the server's disk, whatever runs. */
  get disk(): Store {
    return new ModelStore(this.data, { clock: () => this.serverClock });
  }

  startServer(): void {
    if (this.server) return;
    const { agenda, plan } = this;
    const store = this.bug.store?.(this.disk, this) ?? this.disk;
    this.store = new SlowStore(store, this.#storeWitness, agenda, this.#random.fork(), plan.disk);
    const random = this.#random.fork();
    this.server = new Server({
      agenda,
      store: this.store,
      clock: () => this.serverClock,
      limits: plan.limits,
      bus: (audience) =>
        new Bus(this.bug.audience?.(audience, this) ?? audience, agenda, random, () => this.#busFaultNow()),
      isRevoked: (userId, serial) =>
        !this.bug.ignoresRevocation && serial <= (this.#revokedSerials.get(userId) ?? 0),
      onTrouble: (reason) => {
        if (!reason.includes('StoreUnavailable'))
          this.fail(new Violation('server', `the server reports a mistake of its own: ${reason}`));
      },
    });
  }

  /** What is broken in the middle of the server's work is no error of the server's. */
  readonly #storeWitness: StoreWitness = {
    committed: (operations, outcomes) => {
      try {
        this.witness.committed(operations, outcomes);
      } catch (error) {
        this.fail(error as Violation);
      }
    },
    membersAre: (conversationId, members) => this.witness.membersAre(conversationId, members),
    failed: () => this.reached.add('a commit failed'),
  };

  #busFaultNow(): BusFault | undefined {
    const fault = this.busFault;
    if (!fault || this.agenda.now >= fault.untilMs) return undefined;
    if (fault.how === 'loses') this.reached.add('the bus lost something');
    return fault.how;
  }

  /** The process is killed. */
  endServer(torn: Torn): void {
    if (this.store?.end(torn)) {
      this.reached.add(torn === 'kept' ? 'a commit was kept that nobody heard of' : 'a commit was lost');
    }
    if (this.server) this.bug.serverEnds?.(this);
    this.server?.end();
    this.server = undefined;
    this.store = undefined;
    for (const wire of this.#wires) wire.forsake(this.#random.integer(0, 500));
    this.#wires.clear();
  }

  /** Another store takes the place of this one, with what a backup holds. */
  restore(backup: ModelData, seen: ReturnType<Witness['backup']>): void {
    this.#epochs += this.bug.keepsEpoch ? 0 : 1;
    this.reached.add('a backup was restored');
    const epoch = `epoch-${this.#epochs}`;
    this.data = backup.copy(epoch);
    this.witness.restore(seen, epoch);
  }

  tokenOf(device: Device): string | undefined {
    const { userId, role } = device.spec;
    if ((this.witness.revoked.get(userId)?.untilMs ?? 0) > this.agenda.now && !this.bug.ignoresRevocation)
      return undefined;
    this.#serials += 1;
    const expiresAt = this.serverClock + this.plan.tokenMs;
    return writeToken({ userId, role, expiresAt, serial: this.#serials });
  }

  revoke(user: number, forMs: Millis): void {
    const userId = this.userId(user);
    const at = this.agenda.now;
    this.#revokedSerials.set(userId, this.#serials);
    this.witness.revoked.set(userId, { at, untilMs: at + forMs });
    this.reached.add('a token was revoked');
    if (!this.bug.ignoresRevocation) this.server?.revoke(userId);
  }

  connect(device: Device): { wire: Wire; token: string } | undefined {
    const token = this.tokenOf(device);
    if (!this.server || token === undefined) return undefined;
    const wire = new Wire(this.agenda, this.#random.fork(), this.#mannersOf(device), this.trace);
    this.#wires.add(wire);
    this.server.gateway.meet(wire.transport(device.spec.name), { puback64: false });
    return { wire, token };
  }

  #mannersOf(device: Device) {
    const user = this.devices.findIndex((devices) => devices.includes(device));
    return this.plan.users[user]!.devices[this.devices[user]!.indexOf(device)]!.manners;
  }

  call(device: Device, effect: FetchEffect, answer: (input: Input) => void): void {
    const { token, type, ...request } = effect;
    this.request(
      device,
      (server, bearer) => server.fetch(bearer, request),
      (outcome) => {
        if ('value' in outcome) answer({ type: 'fetched', token, ...outcome.value });
        else answer({ type: 'fetchFailed', token, ...(outcome.refusal && { refusal: outcome.refusal }) });
      },
    );
  }

  /** A call over a bad network: the request or its answer may be lost. */
  request<T>(
    device: Device,
    make: (server: Server, token: string) => Promise<T>,
    done: (outcome: CallOutcome<T>) => void,
  ): void {
    const { agenda } = this;
    const [least, most] = this.#mannersOf(device).latencyMs;
    const wayMs = () => this.#random.integer(least, most);
    const isLost = (what: 'request' | 'answer') => {
      const fails = this.callsFail.get(device);
      return agenda.now < device.offlineUntil || (fails?.what === what && agenda.now < fails.untilMs);
    };
    const cancelTimeout = agenda.after(callTimeoutMs, () => done({}));
    const settle = (outcome: CallOutcome<T>) => {
      agenda.after(wayMs(), () => {
        if (isLost('answer')) return;
        cancelTimeout();
        done(outcome);
      });
    };
    agenda.after(wayMs(), () => {
      const { server } = this;
      const token = this.tokenOf(device);
      if (isLost('request')) return;
      if (!server || token === undefined) settle({});
      else
        make(server, token).then(
          (value) => settle({ value }),
          (error: unknown) => settle(this.#failed(error)),
        );
    });
  }

  #failed(error: unknown): CallOutcome<never> {
    if (error instanceof TokenRefused) return {};
    const told = asCallError(error);
    const refused = told.metadata.get(refusalHeader) as RefusalName | null;
    if (!refused) this.fail(new Violation('server', `a call ended in a mistake: ${String(error)}`));
    return refused ? { refusal: refusal(refused, told.rawMessage) } : {};
  }

  core(): Sync {
    return this.bug.core?.() ?? new Sync();
  }

  /** Each input and each change of what is shown, as the devices tell of it. */
  readonly observer = {
    input: (device: Device, input: Input) => this.watches.get(device)!.input(input),
    wants: (device: Device, effect: Effect) => this.watches.get(device)!.wants(effect),
    changed: (device: Device, changed: Changed) => this.watches.get(device)!.changed(changed),
  };

  fail(violation: Violation): void {
    this.violation ??= violation;
  }

  /** Lets things happen until a time, as long as all that is promised holds. @throws {Violation} */
  async passUntil(at: Millis): Promise<void> {
    const { agenda } = this;
    // What comes then ends a silence.
    agenda.at(at, () => {});
    for (let next = agenda.next; next !== undefined && next <= at; next = agenda.next) {
      agenda.step();
      // The server's promises are carried on before anything else happens.
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (this.violation) throw this.violation;
    }
    agenda.now = Math.max(agenda.now, at);
  }
}
