import type { Seq } from './entry.ts';

/** Where a row of numbers first breaks O1, and what was expected there. */
export interface Breach {
  /** `hole`: larger than expected. `double`: had before. `stray`: no number of this row at all. */
  readonly kind: 'hole' | 'double' | 'stray';
  readonly expected: Seq;
  readonly found: Seq;
}

/** Numbers from `from` to `to`, both included. */
export interface SeqRange {
  readonly from: Seq;
  readonly to: Seq;
}

/** The first breach of O1 in numbers that should be `after + 1`, `after + 2` ...; undefined when there is none. */
export function firstBreach(seqs: Iterable<Seq>, after: Seq = 0): Breach | undefined {
  let expected = after + 1;
  for (const found of seqs) {
    if (found === expected) {
      expected++;
      continue;
    }
    const kind = !Number.isInteger(found) || found <= after ? 'stray' : found > expected ? 'hole' : 'double';
    return { kind, expected, found };
  }
  return undefined;
}

/** What is missing of `after + 1 .. head` among numbers in any order, ascending (O1). */
export function holes(seqs: Iterable<Seq>, head: Seq, after: Seq = 0): SeqRange[] {
  const missing: SeqRange[] = [];
  let reached = after;
  for (const seq of [...seqs].sort((a, b) => a - b)) {
    if (seq > head) break;
    if (seq > reached + 1) missing.push({ from: reached + 1, to: seq - 1 });
    reached = Math.max(reached, seq);
  }
  if (reached < head) missing.push({ from: reached + 1, to: head });
  return missing;
}

/** The numbers that occur more than once, each one time, in the order in which that shows (O1). */
export function doubles(seqs: Iterable<Seq>): Seq[] {
  const seen = new Set<Seq>();
  const twice = new Set<Seq>();
  for (const seq of seqs) (seen.has(seq) ? twice : seen).add(seq);
  return [...twice];
}

/** The numbers that do not mean one and the same entry to all observers, each of which gives (seq, message id) (O1). */
export function contradictions(observers: Iterable<Iterable<readonly [Seq, string]>>): Seq[] {
  const meaning = new Map<Seq, string>();
  const contradicted = new Set<Seq>();
  for (const observed of observers) {
    for (const [seq, messageId] of observed) {
      const known = meaning.get(seq);
      if (known === undefined) meaning.set(seq, messageId);
      else if (known !== messageId) contradicted.add(seq);
    }
  }
  return [...contradicted];
}

/** An entry of the log, as it is shown. */
export interface Stored {
  readonly seq: Seq;
}

/** A send that is not yet stored. */
export interface Pending {
  readonly seq?: undefined;
  /** Its place among this device's sends. */
  readonly sendOrder: number;
}

/** Compares by what is shown first (O4): what is stored, by seq; below it the rest, in the order it was sent. */
export function displayOrder(a: Stored | Pending, b: Stored | Pending): number {
  if (a.seq !== undefined) return b.seq !== undefined ? a.seq - b.seq : -1;
  return b.seq !== undefined ? 1 : a.sendOrder - b.sendOrder;
}

/**
 * A conversation as it is shown (O4), from pieces in any order that may overlap, such as pages of history and what
 * came live. Of several copies of an entry the last given is shown. A send leaves `pending` when its entry is stored.
 */
export function forDisplay<S extends Stored, P extends Pending>(
  stored: Iterable<S>,
  pending: Iterable<P>,
): (S | P)[] {
  const bySeq = new Map<Seq, S>();
  for (const entry of stored) bySeq.set(entry.seq, entry);
  return [...bySeq.values(), ...pending].sort(displayOrder);
}
