/** What a message costs a server: closed loops, side after side, round after round. */
import { setTimeout as delay } from 'node:timers/promises';
import type { LoadDriver } from '../load/driver.ts';
import { cpuMicros, writtenBytes } from '../machine/usage.ts';
import type { Plan } from '../plan.ts';
import type { Side, SideName } from '../servers/side.ts';
import { rotation } from '../statistics/rotation.ts';

/** With more of its core in use than this, the generator may be what limits a rate. */
export const GENERATOR_SHARE_LIMIT = 0.7;

export interface Block {
  side: SideName;
  round: number;
  delivered: number;
  /** CPU of the server's process per message that was delivered and acknowledged. */
  cpuMicrosPerMessage: number;
  messagesPerSecond: number;
  /** The rate says nothing of the server: the generator used too much of its core. */
  rateIsVoid: boolean;
  generatorShare: number;
  writtenBytesPerMessage: number;
}

export async function measureCapacity(
  driver: LoadDriver,
  sides: readonly Side[],
  plan: Plan,
  progress: (text: string) => void,
): Promise<Block[]> {
  for (const side of sides) {
    progress(`warming up ${side.name}`);
    await driver.closedLoop(side.name, plan.window, plan.warmUpMs);
  }
  const blocks: Block[] = [];
  for (const [round, order] of rotation(sides, plan.rounds).entries()) {
    progress(`capacity, round ${round + 1} of ${plan.rounds}`);
    for (const side of order) blocks.push(await measureBlock(driver, side, round, plan));
  }
  return blocks;
}

/** From before the first send until the server is done with the last: all its work over all the messages. */
export async function measureBlock(
  driver: LoadDriver,
  side: Side,
  round: number,
  plan: Pick<Plan, 'window' | 'blockMs' | 'settleMs'>,
): Promise<Block> {
  const cpu = cpuMicros(side.pid);
  const written = writtenBytes(side.pid);
  const run = await driver.closedLoop(side.name, plan.window, plan.blockMs);
  if (run.lost > 0) throw new Error(`${side.name} lost ${run.lost} messages in round ${round}`);
  await delay(plan.settleMs);
  return {
    side: side.name,
    round,
    delivered: run.deliveredInAll,
    cpuMicrosPerMessage: (cpuMicros(side.pid) - cpu) / run.deliveredInAll,
    messagesPerSecond: run.delivered / run.seconds,
    rateIsVoid: run.generatorShare > GENERATOR_SHARE_LIMIT,
    generatorShare: run.generatorShare,
    writtenBytesPerMessage: (writtenBytes(side.pid) - written) / run.deliveredInAll,
  };
}
