import { GENERATOR_CORE, SERVER_CORE } from './processes.ts';
import { busyMicros, cpuMicros } from './usage.ts';

/**
 * Watches the two cores from now on. The function returned says what share of them, 0..1, went to processes other
 * than those given: figures from a machine that is busy with something else are to be read with that in mind.
 */
export function watchOthers(ownPids: readonly number[]): () => number {
  const othersMicros = () =>
    busyMicros([SERVER_CORE, GENERATOR_CORE]) - ownPids.reduce((sum, pid) => sum + cpuMicros(pid), 0);
  const before = othersMicros();
  const started = performance.now();
  return () => {
    const coreMicros = 2 * 1000 * (performance.now() - started);
    return Math.min(1, Math.max(0, (othersMicros() - before) / coreMicros));
  };
}
