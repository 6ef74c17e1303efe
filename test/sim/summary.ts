import { type Marker, markers } from './markers.ts';
import type { SeedResult } from './workers.ts';

/** What many seeds came to. */
export class Summary {
  readonly failures: { readonly seed: number; readonly message: string }[] = [];
  seeds = 0;
  replayed = 0;
  readonly #reached = new Map<Marker, number>();
  #steps = 0;
  #simulatedMs = 0;
  readonly #began = performance.now();

  add({ seed, steps, simulatedMs, violation, reached, replayed }: SeedResult): void {
    this.seeds += 1;
    this.#steps += steps;
    this.#simulatedMs += simulatedMs;
    if (replayed) this.replayed += 1;
    if (violation !== undefined) this.failures.push({ seed, message: violation });
    for (const marker of reached) this.#reached.set(marker, (this.#reached.get(marker) ?? 0) + 1);
  }

  /** Markers that were reached in less than one seed of a hundred. */
  get rare(): Marker[] {
    return markers.filter((marker) => (this.#reached.get(marker) ?? 0) < this.seeds / 100);
  }

  text(): string {
    const minutes = (performance.now() - this.#began) / 60_000;
    const lines = [
      `${this.seeds} seeds, ${this.#steps} events, ${Math.round(this.#simulatedMs / 3_600_000)} simulated hours`,
      `${Math.round(this.seeds / minutes)} seeds a minute of ${Math.round(this.#steps / this.seeds)} events each`,
      `${this.replayed} were run twice, with equal traces`,
      ...markers.map((marker) => {
        const share = ((this.#reached.get(marker) ?? 0) / this.seeds) * 100;
        return `${share.toFixed(1).padStart(6)} %  ${marker}`;
      }),
      ...this.rare.map((marker) => `RARE: ${marker}`),
      `${this.failures.length} seeds broke a promise`,
      ...this.failures.slice(0, 20).map(({ seed, message }) => `  ${seed}: ${message.slice(0, 200)}`),
    ];
    return lines.join('\n');
  }
}
