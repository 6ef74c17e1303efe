/** What the bench asks of the generator's process, and what it answers. */
import type { ClientPlan, Line } from './client.ts';
import type { RunResult } from './fleet.ts';

export type Command =
  | { type: 'connect'; fleet: string; line: Line; clients: ClientPlan[] }
  | { type: 'closedLoop'; fleet: string; window: number; ms: number }
  | { type: 'openLoop'; fleet: string; rate: number; ms: number }
  | { type: 'disconnect'; fleet: string };

/** A command's answer has its number; a failure without one came between commands. */
export type Answer =
  | { type: 'done'; number: number; result?: RunResult }
  | { type: 'failed'; number?: number; message: string };

export interface Numbered {
  number: number;
  command: Command;
}
