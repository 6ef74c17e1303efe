/** What a message costs a server: closed loops, side after side, round after round. */
import { setTimeout as delay } from 'node:timers/promises';
import type { LoadDriver } from '../load/driver.ts';
import { watchOthers } from '../machine/disturbance.ts';
import { cpuMicros, writtenBytes } from '../machine/usage.ts';
import type { LoadPlan, Plan } from '../plan.ts';
import type { Side, SideName } from '../servers/side.ts';
import { rotation } from '../statistics/rotation.ts';
import type { Conditions } from './void.ts';

export interface Block extends Conditions {
  side: SideName;
  round: number;
  delivered: number;
  /** CPU of the server's process per message that was delivered and acknowledged. */
  cpuMicrosPerMessage: number;
  messagesPerSecond: number;
  writtenBytesPerMessage: number;
}

/** The sides' blocks under one load, after a warm-up that counts for nothing. */
export async function measureCapacity(
  driver: LoadDriver,
  sides: readonly Side[],
  load: LoadPlan,
  plan: Plan,
  progress: (text: string) => void,
): Promise<Block[]> {
  for (const side of sides) {
    progress(`warming up ${side.name} with ${load.window} a client`);
    await driver.closedLoop(side.name, load.window, plan.warmUpMs);
  }
  const blocks: Block[] = [];
  for (const [round, order] of rotation(sides, load.rounds).entries()) {
    progress(`capacity with ${load.window} a client, round ${round + 1} of ${load.rounds}`);
    for (const side of order) blocks.push(await measureBlock(driver, side, round, load, plan.settleMs));
  }
  return blocks;
}

/** From before the first send until the server is done with the last: all its work over all the messages. */
async function measureBlock(
  driver: LoadDriver,
  side: Side,
  round: number,
  load: LoadPlan,
  settleMs: number,
): Promise<Block> {
  const cpu = cpuMicros(side.pid);
  const written = writtenBytes(side.pid);
  const others = watchOthers([process.pid, driver.pid, side.pid]);
  const run = await driver.closedLoop(side.name, load.window, load.blockMs);
  const othersShare = others();
  if (run.lost > 0) throw new Error(`${side.name} lost ${run.lost} messages in round ${round}`);
  await delay(settleMs);
  return {
    side: side.name,
    round,
    delivered: run.deliveredInAll,
    cpuMicrosPerMessage: (cpuMicros(side.pid) - cpu) / run.deliveredInAll,
    messagesPerSecond: run.delivered / run.seconds,
    generatorShare: run.generatorShare,
    othersShare,
    writtenBytesPerMessage: (writtenBytes(side.pid) - written) / run.deliveredInAll,
  };
}
