import type { Millis } from '@skein/chat';
import { Random } from '@skein/testkit';
import type { Act, Deed, Fault, Where } from './act.ts';
import type { Notice } from './network.ts';
import type { Plan } from './plan.ts';

type Weighted<T> = readonly (readonly [weight: number, make: () => T])[];

/** All that people will do and all that will go wrong, by time. Fewer acts are a script as well: see shrink.ts. */
export function write(plan: Plan): Act[] {
  const random = new Random(plan.seed ^ 0x5eed);
  const acts: Act[] = [];
  plan.days.forEach(({ from, to }, day) => {
    if (day > 0) acts.push({ at: from, type: 'morning' });
    const writer = new ScriptWriter(plan, random);
    writer.fill(acts, from, to, plan.actsPerMinute, () => writer.deed());
    writer.fill(acts, from, to, plan.faultsPerMinute, () => writer.fault());
    if (day < plan.days.length - 1) acts.push({ at: to, type: 'night' });
  });
  return acts.sort((a, b) => a.at - b.at);
}

class ScriptWriter {
  readonly #plan: Plan;
  readonly #random: Random;
  readonly #deeds: Weighted<Deed>;
  readonly #faults: Weighted<Fault>;

  constructor(plan: Plan, random: Random) {
    this.#plan = plan;
    this.#random = random;
    this.#deeds = this.#allDeeds();
    // Each seed has its own kinds of trouble: all of them at once would hide one another.
    this.#faults = this.#allFaults().filter(() => random.chance(0.5));
  }

  fill(acts: Act[], from: Millis, to: Millis, perMinute: number, make: () => Deed | Fault | undefined): void {
    const count = Math.round(((to - from) / 60_000) * perMinute);
    for (let i = 0; i < count; i++) {
      const act = make();
      if (act) acts.push({ at: this.#random.integer(from, to - 1), ...act });
    }
  }

  deed(): Deed {
    return this.#weighted(this.#deeds)!;
  }

  fault(): Fault | undefined {
    return this.#weighted(this.#faults);
  }

  #weighted<T>(from: Weighted<T>): T | undefined {
    let at = this.#random.fraction() * from.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, make] of from) {
      at -= weight;
      if (at < 0) return make();
    }
    return undefined;
  }

  #where(): Where {
    const user = this.#random.integer(0, this.#plan.users.length - 1);
    return { user, device: this.#random.integer(0, this.#plan.users[user]!.devices.length - 1) };
  }

  /** A room and somebody who is in it, as a rule. */
  #inRoom(): Where & { readonly room: number } {
    const random = this.#random;
    const { rooms, users } = this.#plan;
    const room = random.integer(0, rooms.length + 1);
    const plan = rooms[room];
    const where = this.#where();
    if (!plan || random.chance(0.05)) return { ...where, room };
    const inside = users.map((_, index) => index).filter((index) => isIn(plan, index, this.#plan));
    const user = random.pick(inside);
    return { room, user, device: random.integer(0, users[user]!.devices.length - 1) };
  }

  #allDeeds(): Weighted<Deed> {
    const random = this.#random;
    const inRoom = () => this.#inRoom();
    const words = (): Extract<Deed, { type: 'send' }>['words'] => {
      if (random.chance(0.75))
        return {
          kind: 'text',
          ...(random.chance(0.15) && { toReply: random.integer(0, 1) }),
          ...(random.chance(0.1) && { postProc: random.pick([1, 2]) }),
        };
      if (random.chance(0.2)) return { kind: random.pick(['event', 'later type']) };
      return { kind: random.pick(['recall', 'edit']), back: random.integer(0, 3) };
    };
    return [
      [50, () => ({ type: 'send', ...inRoom(), words: words(), twice: random.chance(0.03) })],
      [1, () => ({ type: 'burst', ...inRoom(), count: random.pick([5, 20, 60]) })],
      [1, () => ({ type: 'reuse key', ...inRoom() })],
      [9, () => ({ type: 'open', ...inRoom() })],
      [4, () => ({ type: 'close', ...inRoom() })],
      [2, () => ({ type: 'older', ...inRoom() })],
      [14, () => ({ type: 'read', ...inRoom() })],
      [3, () => ({ type: 'typing', ...inRoom() })],
      [2, () => ({ type: 'call read', ...inRoom() })],
      [2, () => ({ type: 'retry', ...this.#where() })],
      [2, () => ({ type: 'discard', ...this.#where() })],
      [1, () => ({ type: 'make group', ...this.#where(), members: this.#someUsers() })],
      [2, () => ({ type: 'add', ...inRoom(), member: this.#where().user })],
      [2, () => ({ type: 'remove', ...inRoom(), member: this.#where().user })],
      [1, () => ({ type: 'leave', ...inRoom() })],
      [0.2, () => ({ type: 'delete group', ...inRoom() })],
    ];
  }

  #someUsers(): number[] {
    const all = this.#plan.users.map((_, index) => index);
    return this.#random.shuffled(all).slice(0, this.#random.integer(1, all.length));
  }

  #notice(): Notice {
    const late = () => this.#random.pick([0, 5, 500, 5_000, undefined]);
    return { clientMs: late(), serverMs: late() };
  }

  #allFaults(): Weighted<Fault> {
    const random = this.#random;
    const where = () => this.#where();
    const torn = () => random.pick(['kept', 'lost'] as const);
    const forMs = (most = 30_000) => random.pick([50, 1_000, random.integer(1_000, most)]);
    const byMs = () => random.pick([-1, 1]) * random.pick([1_000, 60_000, 3_600_000, 86_400_000]);
    const direction = () => random.pick(['up', 'down'] as const);
    return [
      [6, () => ({ type: 'cut', ...where(), notice: this.#notice() })],
      [6, () => ({ type: 'cut at next', ...where(), direction: direction(), notice: this.#notice() })],
      [4, () => ({ type: 'stall', ...where(), direction: direction(), forMs: forMs(8_000) })],
      [4, () => ({ type: 'offline', ...where(), forMs: forMs(60_000) })],
      [
        3,
        () => ({ type: 'calls fail', ...where(), forMs: forMs(), what: random.pick(['request', 'answer']) }),
      ],
      [4, () => ({ type: 'reload', ...where(), torn: torn(), forMs: forMs() })],
      [4, () => ({ type: 'end at write', ...where(), torn: torn(), forMs: forMs() })],
      [3, () => ({ type: 'leader dies', ...where(), torn: torn() })],
      [3, () => ({ type: 'freeze', ...where(), forMs: forMs(60_000) })],
      [3, () => ({ type: 'storage fails', ...where(), forMs: forMs() })],
      [1.5, () => ({ type: 'evict', ...where() })],
      [1, () => ({ type: 'device clock', ...where(), byMs: byMs() })],
      [0.7, () => ({ type: 'server clock', byMs: byMs() })],
      [1, () => ({ type: 'server ends', torn: torn(), forMs: forMs(10_000) })],
      [2, () => ({ type: 'server ends at commit', torn: torn(), forMs: forMs(10_000) })],
      [2, () => ({ type: 'store fails', forMs: forMs(8_000) })],
      [1, () => ({ type: 'backup' })],
      [0.7, () => ({ type: 'restore', forMs: forMs(10_000) })],
      [2, () => ({ type: 'bus', forMs: forMs(), how: random.pick(['loses', 'doubles', 'reorders']) })],
      [1, () => ({ type: 'revoke', user: where().user, forMs: forMs() })],
    ];
  }
}

function isIn(room: Plan['rooms'][number], user: number, { users }: Plan): boolean {
  switch (room.kind) {
    case 'dm':
    case 'group':
      return room.users.includes(user);
    case 'cs':
      return room.customer === user || users[user]!.role !== 'customer';
    case 'note':
      return users[user]!.role !== 'customer';
    default:
      return room satisfies never;
  }
}
