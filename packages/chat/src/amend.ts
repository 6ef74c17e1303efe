import type { EntryFacts, Millis, Seq, UserId } from './entry.ts';
import { isMessage, MessageType } from './message-type.ts';

/** For how long after its storing an entry may be amended (O6). 0 = never, Infinity = always. */
export interface AmendPolicy {
  readonly recallWithinMs: Millis;
  readonly editWithinMs: Millis;
}

export const defaultAmendPolicy: AmendPolicy = { recallWithinMs: 2 * 60_000, editWithinMs: 15 * 60_000 };

export type AmendRefusal = 'not_found' | 'not_yours' | 'too_late' | 'not_amendable';

/**
 * Whether `by` may recall or edit `target` at the time `now` (O6). Compare the answer with `true`: a refusal is a
 * string. It is asked before the amendment is stored; one that is in the log takes effect, whoever reads it.
 *
 * @param target undefined when there is no such entry, or it has been recalled
 */
export function mayAmend(
  kind: 'recall' | 'edit',
  by: UserId,
  target: EntryFacts | undefined,
  now: Millis,
  policy: AmendPolicy,
): true | AmendRefusal {
  if (target === undefined) return 'not_found';
  const withinMs = kind === 'recall' ? policy.recallWithinMs : policy.editWithinMs;
  if (withinMs === 0 || !isMessage(target.messageType)) return 'not_amendable';
  if (target.senderId !== by) return 'not_yours';
  return now - target.time <= withinMs ? true : 'too_late';
}

/** The number of the entry that `e` takes back, if it is a recall of an earlier one (O6). */
export function recalledBy(e: EntryFacts): Seq | undefined {
  if (e.messageType !== MessageType.RECALL || e.targetSeq === undefined) return undefined;
  return e.targetSeq < e.seq ? e.targetSeq : undefined;
}
