/** The load generator: a process of its own on a core of its own, told what to do over the channel to its parent. */
import type { Answer, Command, Numbered } from './commands.ts';
import { Fleet, type RunResult } from './fleet.ts';

/** Sessions that are not at work must outlive the keep-alive while others are measured. */
const PING_EVERY_MS = 60_000;

const fleets = new Map<string, Fleet>();

function answer(message: Answer): void {
  process.send?.(message);
}

async function run(command: Command): Promise<RunResult | undefined> {
  switch (command.type) {
    case 'connect': {
      const fleet = new Fleet(command.clients, command.line, (error) =>
        answer({ type: 'failed', message: `${command.fleet}: ${error.message}` }),
      );
      fleets.set(command.fleet, fleet);
      await fleet.open();
      return undefined;
    }
    case 'closedLoop':
      return fleetOf(command.fleet).closedLoop(command.window, command.ms);
    case 'openLoop':
      return fleetOf(command.fleet).openLoop(command.rate, command.ms);
    case 'disconnect':
      fleetOf(command.fleet).close();
      fleets.delete(command.fleet);
      return undefined;
    default:
      return command satisfies never;
  }
}

function fleetOf(name: string): Fleet {
  const fleet = fleets.get(name);
  if (!fleet) throw new Error(`there is no fleet ${name}`);
  return fleet;
}

process.on('message', ({ number, command }: Numbered) => {
  run(command).then(
    (result) => answer({ type: 'done', number, ...(result && { result }) }),
    (error: Error) => answer({ type: 'failed', number, message: error.message }),
  );
});
process.on('disconnect', () => process.exit());
setInterval(() => {
  for (const fleet of fleets.values()) fleet.ping();
}, PING_EVERY_MS);
