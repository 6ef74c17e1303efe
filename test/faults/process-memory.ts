import { readFileSync } from 'node:fs';

const MiB = 1024 * 1024;
const pageBytes = 4096;

/** What a process has in memory now, in MiB. */
export function residentMiB(pid: number): number {
  const [, pages] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
  return (Number(pages) * pageBytes) / MiB;
}
