/** A promise that was broken, and which. */
export class Violation extends Error {
  override readonly name = 'Violation';
  /** The number of a rule, or `server` for a mistake that the server itself reports. */
  readonly rule: string;

  constructor(rule: string, message: string) {
    super(`${rule}: ${message}`);
    this.rule = rule;
  }
}

/** @throws {Violation} if what must hold does not */
export function must(holds: boolean, rule: string, message: () => string): asserts holds {
  if (!holds) throw new Violation(rule, message());
}
