import type { Millis } from '@skein/chat';
import type { Role } from '@skein/server/parts';
import { Random } from '@skein/testkit';
import type { LineManners } from './network.ts';
import type { DiskManners } from './store/slow-store.ts';

export interface DevicePlan {
  readonly tabs: number;
  readonly version: 4 | 5;
  readonly sessionExpiryS: number;
  readonly clockErrorMs: Millis;
  readonly manners: LineManners;
}

export interface UserPlan {
  readonly role: Role;
  readonly devices: readonly DevicePlan[];
}

/** A conversation that people of the plan may write in; users by their place in the plan. */
export type RoomPlan =
  | { readonly kind: 'dm'; readonly users: readonly [number, number] }
  | { readonly kind: 'group'; readonly users: readonly number[] }
  | { readonly kind: 'cs' | 'note'; readonly customer: number; readonly serviceType: number };

/** Who there is and how good the world is to them: all that a seed decides before the first moment. */
export interface Plan {
  readonly seed: number;
  readonly users: readonly UserPlan[];
  readonly rooms: readonly RoomPlan[];
  readonly disk: DiskManners;
  readonly limits: Readonly<Record<string, number>>;
  readonly tokenMs: Millis;
  /** Times of activity; between them everybody sleeps. */
  readonly days: readonly { readonly from: Millis; readonly to: Millis }[];
  /** What people do in each minute of a day. */
  readonly actsPerMinute: number;
  /** What goes wrong in each minute of a day. */
  readonly faultsPerMinute: number;
}

const minute: Millis = 60_000;
const hour: Millis = 60 * minute;

export function draw(seed: number): Plan {
  const random = new Random(seed);
  const users = drawUsers(random);
  return {
    seed,
    users,
    rooms: drawRooms(random, users),
    disk: {
      writeMs: random.pick([
        [1, 3],
        [2, 12],
        [5, 60],
      ] as const),
      slowReads: random.pick([0, 0.1, 0.5]),
    },
    limits: drawLimits(random),
    tokenMs: random.pick([24 * hour, hour, 3 * minute]),
    ...drawDays(random),
  };
}

function drawUsers(random: Random): UserPlan[] {
  const count = random.integer(2, random.pick([3, 5, 8]));
  const agents = random.chance(0.6) ? random.integer(1, Math.min(3, count - 1)) : 0;
  return Array.from({ length: count }, (_, index) => ({
    role: index < agents ? (random.chance(0.15) ? 'service' : 'agent') : 'customer',
    devices: Array.from({ length: random.pick([1, 1, 2, 3]) }, () => drawDevice(random)),
  }));
}

function drawDevice(random: Random): DevicePlan {
  return {
    tabs: random.pick([1, 1, 1, 2]),
    version: random.chance(0.9) ? 5 : 4,
    sessionExpiryS: random.pick([0, 0, 3_600]),
    clockErrorMs: random.pick([0, 0, random.integer(-5_000, 5_000), random.integer(-hour, hour)]),
    manners: {
      latencyMs: random.pick([
        [1, 3],
        [10, 60],
        [40, 400],
      ] as const),
      torn: random.pick([0, 0, 0.05]),
    },
  };
}

function drawRooms(random: Random, users: readonly UserPlan[]): RoomPlan[] {
  const all = users.map((_, index) => index);
  const rooms: RoomPlan[] = [];
  for (let i = random.integer(1, 3); i > 0; i--) {
    const [a = 0, b = 0] = random.chance(0.04) ? [0, 0] : random.shuffled(all);
    rooms.push({ kind: 'dm', users: [a, b] });
  }
  for (let i = random.integer(0, 2); i > 0; i--)
    rooms.push({ kind: 'group', users: random.shuffled(all).slice(0, random.integer(1, all.length)) });
  const customers = all.filter((index) => users[index]!.role === 'customer');
  if (customers.length < users.length) {
    for (let i = random.integer(1, 2); i > 0; i--) {
      const [customer, serviceType] = [random.pick(customers), random.integer(1, 2)];
      rooms.push({ kind: 'cs', customer, serviceType });
      if (random.chance(0.3)) rooms.push({ kind: 'note', customer, serviceType });
    }
  }
  return rooms;
}

function drawLimits(random: Random): Record<string, number> {
  return {
    ...(random.chance(0.3) && { sendsPer10s: 20, sendBurst: 5 }),
    ...(random.chance(0.2) && { queuedSends: random.integer(1, 8) }),
    ...(random.chance(0.3) && { unsentBytes: 1_024 }),
    stallTimeoutMs: 10_000,
  };
}

function drawDays(random: Random): Pick<Plan, 'days' | 'actsPerMinute' | 'faultsPerMinute'> {
  const count = random.pick([1, 1, 2, 4]);
  const activeMs = random.pick([2, 4, 8]) * minute;
  const nightMs = random.pick([10 * minute, hour, 8 * hour, 17 * hour]);
  const days = Array.from({ length: count }, (_, day) => {
    const from = day * (activeMs / count + nightMs);
    return { from, to: from + activeMs / count };
  });
  const acts = random.pick([100, 160, 220]);
  return {
    days,
    actsPerMinute: (acts * minute) / activeMs,
    faultsPerMinute: (random.pick([0, 10, 25, 50]) * minute) / activeMs,
  };
}
