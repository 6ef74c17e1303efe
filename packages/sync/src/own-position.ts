import type { Seq } from '@skein/chat';
import type { LogRow, OwnPosition } from './rows.ts';

/** A position that the server does not know of yet. */
export interface Untold {
  readonly kind: 'delivered' | 'read';
  readonly seq: Seq;
}

/**
 * The receipt that is due, if any; read before delivered, which it implies (R1). Delivered is what is on the device,
 * and nothing that lies beyond a hole (R2).
 *
 * @param storedTo the end of the log on the device
 */
export function untoldOf(own: OwnPosition, log: LogRow | undefined, storedTo: Seq): Untold | undefined {
  if (own.read > own.readTold) return { kind: 'read', seq: own.read };
  if (!log) return undefined;
  const { from, to } = log.newest;
  const told = Math.max(own.deliveredTold, own.readTold);
  const reachesDown = from <= told + 1 || from <= (log.firstSeq ?? 0);
  const delivered = Math.min(storedTo, to);
  return reachesDown && delivered > told ? { kind: 'delivered', seq: delivered } : undefined;
}
