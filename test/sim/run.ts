import { type Act, isDeed } from './act.ts';
import type { Bug } from './bugs/bug.ts';
import { converge } from './checks/convergence.ts';
import { Violation } from './checks/violation.ts';
import type { Marker } from './markers.ts';
import { People } from './people.ts';
import { draw, type Plan } from './plan.ts';
import { write } from './script.ts';
import { Trace } from './trace.ts';
import { Troubles } from './troubles.ts';
import { World } from './world.ts';

export interface Verdict {
  readonly seed: number;
  readonly violation: Violation | undefined;
  readonly steps: number;
  readonly simulatedMs: number;
  /** Equal for equal runs. */
  readonly hash: string;
  readonly lines: readonly string[];
  readonly reached: ReadonlySet<Marker>;
}

export interface RunOptions {
  /** Fewer acts than the seed's own. */
  readonly script?: readonly Act[];
  readonly keepLines?: boolean;
  /** Planted. */
  readonly bug?: Bug;
}

/** Runs one seed: a time of faults, in which safety holds after every step; then everything is mended (L6). */
export async function run(
  seed: number,
  { script, keepLines = false, bug }: RunOptions = {},
): Promise<Verdict> {
  const plan = draw(seed);
  const trace = new Trace({ keepLines });
  const world = new World(plan, trace, bug);
  const { agenda } = world;
  const began = agenda.now;
  const verdict = (violation: Violation | undefined): Verdict => ({
    seed,
    violation,
    steps: agenda.steps,
    simulatedMs: agenda.now - began,
    hash: trace.hash,
    lines: trace.lines ?? [],
    reached: world.reached,
  });
  try {
    await live(world, script ?? write(plan));
    return verdict(undefined);
  } catch (error) {
    if (error instanceof Violation) return verdict(error);
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return verdict(new Violation('code', `something threw: ${reason}`));
  } finally {
    world.endServer('lost');
  }
}

async function live(world: World, script: readonly Act[]): Promise<void> {
  const { agenda, plan, trace } = world;
  const began = agenda.now;
  const people = new People(world);
  const troubles = new Troubles(world);
  world.startServer();
  for (const device of world.everyDevice) device.open();
  makeGroups(world, people, plan);
  for (const act of script) {
    await world.passUntil(began + act.at);
    trace.note(agenda.now, () => JSON.stringify(act));
    if (isDeed(act)) people.do(act);
    else troubles.make(act);
  }
  troubles.heal();
  await converge(world);
}

function makeGroups(world: World, people: People, plan: Plan): void {
  plan.rooms.forEach((room, place) => {
    if (room.kind !== 'group') return;
    const members = room.users.map((user) => world.userId(user));
    people.makeGroup(world.devices[room.users[0]!]![0]!, members, place);
  });
}
