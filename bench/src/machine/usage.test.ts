import { fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { busyMicros, cpuMicros, residentBytes, writtenBytes } from './usage.ts';

test('CPU time is that of the whole process and grows as it works', () => {
  const before = cpuMicros(process.pid);
  const reference = process.cpuUsage();
  while (process.cpuUsage(reference).user < 50_000);
  const used = cpuMicros(process.pid) - before;
  expect(used).toBeGreaterThan(40_000);
  expect(used).toBeLessThan(1_000_000);
});

test('written bytes count what goes to the disk', () => {
  const directory = mkdtempSync(join(import.meta.dirname, '.written-'));
  try {
    const before = writtenBytes(process.pid);
    const file = openSync(join(directory, 'file'), 'w');
    writeSync(file, Buffer.alloc(1_000_000));
    fsyncSync(file);
    expect(writtenBytes(process.pid) - before).toBeGreaterThanOrEqual(1_000_000);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('resident memory is some megabytes of one process', () => {
  expect(residentBytes(process.pid)).toBeGreaterThan(5e6);
  expect(residentBytes(process.pid)).toBeLessThan(4e9);
});

test('cores are busy at least as long as a process works on them', () => {
  const cores = Array.from({ length: availableParallelism() }, (_, core) => core);
  const before = busyMicros(cores);
  const reference = process.cpuUsage();
  while (process.cpuUsage(reference).user < 100_000);
  expect(busyMicros(cores) - before).toBeGreaterThan(50_000);
  expect(() => busyMicros([9999])).toThrow(/core 9999/);
});
