import type { Millis } from '@skein/chat';

const prime = 0x01000193;

/** What happened, as a number to compare two runs by, and as lines for people where they are asked for. */
export class Trace {
  readonly lines: string[] | undefined;
  #hash = 0x811c9dc5;

  constructor(options: { readonly keepLines: boolean }) {
    this.lines = options.keepLines ? [] : undefined;
  }

  /** FNV-1a of all that was noted. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0');
  }

  /** @param what made only if lines are kept; the words must not be needed to tell two runs apart */
  note(now: Millis, what: () => string): void {
    this.#mix(now % 0x7fffffff);
    this.lines?.push(`${new Date(now).toISOString().slice(5, 23)} ${what()}`);
  }

  /** Bytes on a line, each of which counts. */
  bytes(now: Millis, bytes: Uint8Array): void {
    this.#mix(now % 0x7fffffff);
    let hash = this.#hash;
    for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, prime);
    this.#hash = hash;
  }

  #mix(value: number): void {
    this.#hash = Math.imul(this.#hash ^ value, prime);
  }
}
