import { ReasonCode, type SubscribePacket, type UnsubscribePacket } from '@skein/mqtt';
import { limits, matchInFilter } from '@skein/protocol';
import type { Store } from '../../store/store.ts';
import type { Session } from '../session.ts';

/** [MQTT-3.11.3] No subscription existed. */
const noSubscription = 0x11;

/** Subscribes to what is the session's own; answers a reason code each, in their order. */
export async function subscribe(session: Session, packet: SubscribePacket, store: Store): Promise<number[]> {
  const wantedBefore = session.wantsEntries;
  const reasonCodes = packet.subscriptions.map(({ filter, qos }) => grant(session, filter, qos));
  // What was before a first subscription is read as history (S1).
  if (!wantedBefore && session.wantsEntries) session.startAt(await store.inboxPosition(session.userId));
  return reasonCodes;
}

function grant(session: Session, filter: string, qos: number): number {
  if (!matchInFilter(session.userId, filter)) return ReasonCode.notAuthorized;
  if (session.filters.size >= limits.maxSubscriptions && !session.filters.has(filter)) {
    return ReasonCode.quotaExceeded;
  }
  // QoS 2 adds nothing: an entry's seq tells a double apart.
  const granted = qos === 0 ? 0 : 1;
  session.subscribe({ filter, qos: granted });
  return granted;
}

export function unsubscribe(session: Session, packet: UnsubscribePacket): number[] {
  return packet.filters.map((filter) => (session.unsubscribe(filter) ? ReasonCode.success : noSubscription));
}
