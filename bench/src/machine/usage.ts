/** What the kernel has counted for a process, all its threads together. */
import { readdirSync, readFileSync } from 'node:fs';

const TICK_US = 10_000;

/** Microseconds on a core, to the nanosecond where the kernel keeps schedstat, else to its tick of 10 ms. */
export function cpuMicros(pid: number): number {
  let nanoseconds = 0;
  try {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
    }
    return nanoseconds / 1000;
  } catch {
    return cpuTicks(pid) * TICK_US;
  }
}

/** Microseconds in which the cores were not idle, whoever used them, to the kernel's tick of 10 ms. */
export function busyMicros(cores: readonly number[]): number {
  const stat = readFileSync('/proc/stat', 'utf8');
  let ticks = 0;
  for (const core of cores) {
    const match = new RegExp(`^cpu${core} (.*)$`, 'm').exec(stat);
    if (!match) throw new Error(`there is no core ${core}: the bench needs two`);
    // user nice system idle iowait irq softirq steal; guests are counted in user.
    const [user, nice, system, , , irq, softirq, steal] = match[1]!.split(' ').map(Number);
    ticks += user! + nice! + system! + irq! + softirq! + steal!;
  }
  return ticks * TICK_US;
}

/** Bytes that the process has had written to a disk. */
export function writtenBytes(pid: number): number {
  return field(readFileSync(`/proc/${pid}/io`, 'utf8'), 'write_bytes');
}

/** Resident memory that is the process's own (no mapped files), in bytes. */
export function residentBytes(pid: number): number {
  return field(readFileSync(`/proc/${pid}/status`, 'utf8'), 'RssAnon') * 1024;
}

function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field, a name in brackets, may itself hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function field(text: string, name: string): number {
  const match = new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(text);
  if (!match) throw new Error(`the kernel does not say ${name}`);
  return Number(match[1]);
}
