import type { Seq, SeqRange } from '@skein/chat';
import { knownRanges } from './limits.ts';
import type { LogRow } from './rows.ts';

/** The known ranges of a conversation's log (S3), as values: each function answers a new row. */

/** Nothing is known but where the log ended. */
export function logAt(cursor: Seq): LogRow {
  return { newest: { from: cursor + 1, to: cursor }, older: [] };
}

/** The log with the first entry that this user may read. */
export function withFirst(log: LogRow, firstSeq: Seq): LogRow {
  return { ...log, firstSeq };
}

/** What a live entry is to the log (S2). */
export function placeOf(log: LogRow, seq: Seq): 'next' | 'known' | 'beyond' {
  const { to } = log.newest;
  return seq <= to ? 'known' : seq === to + 1 ? 'next' : 'beyond';
}

/** The log with a range more. One that lies above the cursor, with a hole between, becomes the newest. */
export function withRange(log: LogRow, range: SeqRange): LogRow {
  if (range.to < range.from) return log;
  const { newest } = log;
  if (range.from === newest.to + 1 && newest.from <= newest.to) {
    return { ...log, newest: { from: newest.from, to: range.to } };
  }
  return withRanges(log, merged([...log.older, ...nonEmpty(log.newest), range]), log.newest.to);
}

/** The newest range begins anew above a hole that is too long to be closed now. */
export function movedTo(log: LogRow, cursor: Seq): LogRow {
  const { newest } = logAt(cursor);
  return { ...log, older: [...log.older, ...nonEmpty(log.newest)].slice(-knownRanges), newest };
}

/** The device has given up its copy: nothing is left but the cursor. */
export function emptied(log: LogRow): LogRow {
  return { ...log, ...logAt(log.newest.to) };
}

/** The log without entries that the device has lost. The cursor stays. */
export function withoutRange(log: LogRow, lost: SeqRange): LogRow {
  const left = [...log.older, ...nonEmpty(log.newest)].flatMap(({ from, to }) => [
    ...nonEmpty({ from, to: Math.min(to, lost.from - 1) }),
    ...nonEmpty({ from: Math.max(from, lost.to + 1), to }),
  ]);
  return withRanges(log, left, log.newest.to);
}

/** The part of the known range around `seq` that is not above it; undefined when `seq` is not known. */
export function knownUpTo(log: LogRow, seq: Seq): SeqRange | undefined {
  const range = [...log.older, log.newest].find(({ from, to }) => from <= seq && seq <= to);
  return range && { from: range.from, to: seq };
}

function withRanges(log: LogRow, ranges: SeqRange[], cursor: Seq): LogRow {
  const last = ranges.at(-1);
  const newest = last !== undefined && last.to >= cursor ? last : { from: cursor + 1, to: cursor };
  const older = newest === last ? ranges.slice(0, -1) : ranges;
  return { ...log, newest, older: older.slice(-knownRanges) };
}

function merged(ranges: SeqRange[]): SeqRange[] {
  const result: SeqRange[] = [];
  for (const range of ranges.sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last !== undefined && range.from <= last.to + 1) {
      result[result.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
    } else {
      result.push(range);
    }
  }
  return result;
}

function nonEmpty(range: SeqRange): SeqRange[] {
  return range.from <= range.to ? [range] : [];
}
