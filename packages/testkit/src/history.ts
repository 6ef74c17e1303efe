/**
 * What happened in a run, in the order in which the test saw it. A send is named by its key: conversation, sender and
 * the sender's own id.
 */
export type HistoryEvent =
  | (SendKey & { readonly type: 'send'; readonly device: string; readonly content: string })
  | (SendKey & { readonly type: 'acknowledged'; readonly seq: number; readonly messageId: string })
  | (SendKey & { readonly type: 'refused' })
  /** The sender no longer waits (line cut, server killed): the send may have been stored or not. */
  | (SendKey & { readonly type: 'unknown' })
  /** A reader was shown an entry. It may be shown again, but never as another. */
  | {
      readonly type: 'seen';
      readonly by: string;
      readonly conversationId: string;
      readonly seq: number;
      readonly messageId: string;
    };

export interface SendKey {
  readonly conversationId: string;
  readonly senderId: string;
  readonly clientMessageId: string;
}

/** An entry of the log as it was read at the end. */
export interface LogEntry extends SendKey {
  readonly seq: number;
  readonly messageId: string;
  readonly content: string;
}

export interface Violation {
  /** The number of the rule that was broken; `origin`: what is stored was sent, and was not refused. */
  readonly rule: 'O1' | 'O3' | 'I1' | 'L1' | 'origin';
  readonly message: string;
}

interface Send {
  readonly device: string;
  readonly content: string;
  /** The largest seq of the conversation that had been acknowledged before this send first began. */
  readonly floor: number;
  /** Attempts whose outcome nobody knows. */
  open: number;
  acknowledged: { readonly seq: number; readonly messageId: string } | undefined;
}

/**
 * Compares what was seen in a run with the log that is there at its end, in time linear in both.
 * Finds: holes and doubles in the numbers (O1), an entry that was another for somebody (O1), an order that contradicts
 * acknowledgements or a device's own order (O3), a key stored twice (I1), an acknowledged entry that is lost or changed
 * (L1), an entry from nowhere or one that was refused (origin).
 */
export function checkHistory(events: Iterable<HistoryEvent>, log: Iterable<LogEntry>): Violation[] {
  const violations: Violation[] = [];
  const report: Report = (rule, message) => violations.push({ rule, message });
  const { sends, seen } = replay(events, report);
  const stored = readLog(log, sends, report);
  checkAcknowledged(sends, stored, report);
  checkOrder(sends, stored, report);
  for (const [place, messageId] of seen) {
    const entry = stored.byPlace.get(place);
    if (entry?.messageId !== messageId)
      report('O1', `${place} was shown as ${messageId}, the log has ${entry?.messageId ?? 'nothing'}`);
  }
  return violations;
}

type Report = (rule: Violation['rule'], message: string) => void;

function replay(events: Iterable<HistoryEvent>, report: Report) {
  const sends = new Map<string, Send>();
  const seen = new Map<string, string>();
  const acknowledgedUpTo = new Map<string, number>();
  for (const event of events) {
    if (event.type === 'seen') {
      const place = placeOf(event);
      const before = seen.get(place) ?? event.messageId;
      if (before !== event.messageId)
        report('O1', `${place} was shown as ${before}, and to ${event.by} as ${event.messageId}`);
      seen.set(place, before);
      continue;
    }
    const key = keyOf(event);
    const send = sends.get(key);
    if (event.type === 'send') {
      const { device, content, conversationId } = event;
      const floor = acknowledgedUpTo.get(conversationId) ?? 0;
      if (send === undefined) sends.set(key, { device, content, floor, open: 1, acknowledged: undefined });
      else send.open += 1;
      continue;
    }
    if (send === undefined) {
      report('origin', `${key} was ${event.type} and never sent`);
      continue;
    }
    // An attempt of unknown outcome stays open for ever.
    if (event.type === 'refused') send.open -= 1;
    if (event.type !== 'acknowledged') continue;
    send.open -= 1;
    const { seq, messageId } = event;
    if (send.acknowledged && (send.acknowledged.seq !== seq || send.acknowledged.messageId !== messageId)) {
      report('I1', `${key} was acknowledged as ${send.acknowledged.seq} and again as ${seq}`);
    }
    send.acknowledged = { seq, messageId };
    acknowledgedUpTo.set(
      event.conversationId,
      Math.max(acknowledgedUpTo.get(event.conversationId) ?? 0, seq),
    );
  }
  return { sends, seen };
}

function readLog(log: Iterable<LogEntry>, sends: ReadonlyMap<string, Send>, report: Report) {
  const byPlace = new Map<string, LogEntry>();
  const byKey = new Map<string, LogEntry>();
  const heads = new Map<string, number>();
  for (const entry of log) {
    const key = keyOf(entry);
    const expected = (heads.get(entry.conversationId) ?? 0) + 1;
    if (entry.seq !== expected) report('O1', `${placeOf(entry)} is where ${expected} should be`);
    heads.set(entry.conversationId, entry.seq);
    if (byKey.has(key)) report('I1', `${key} is stored as ${byKey.get(key)!.seq} and as ${entry.seq}`);
    byKey.set(key, entry);
    byPlace.set(placeOf(entry), entry);
    const send = sends.get(key);
    if (send === undefined) report('origin', `${placeOf(entry)} comes from nowhere: nobody sent ${key}`);
    else if (send.content !== entry.content)
      report('L1', `${placeOf(entry)} has another content than was sent`);
    else if (send.acknowledged === undefined && send.open === 0)
      report('origin', `${placeOf(entry)} was refused, and is stored`);
  }
  return { byPlace, byKey };
}

function checkAcknowledged(
  sends: ReadonlyMap<string, Send>,
  { byKey }: { byKey: ReadonlyMap<string, LogEntry> },
  report: Report,
) {
  for (const [key, { acknowledged }] of sends) {
    if (acknowledged === undefined) continue;
    const entry = byKey.get(key);
    if (entry === undefined) report('L1', `${key} was acknowledged as ${acknowledged.seq}, and is lost`);
    else if (entry.seq !== acknowledged.seq || entry.messageId !== acknowledged.messageId) {
      report('L1', `${key} was acknowledged as ${acknowledged.seq}, and is stored as ${entry.seq}`);
    }
  }
}

function checkOrder(
  sends: ReadonlyMap<string, Send>,
  { byKey }: { byKey: ReadonlyMap<string, LogEntry> },
  report: Report,
) {
  // The sends are in the order in which they first began.
  const lastOfDevice = new Map<string, number>();
  for (const [key, { device, floor }] of sends) {
    const entry = byKey.get(key);
    if (entry === undefined) continue;
    if (entry.seq <= floor) report('O3', `${key} is ${entry.seq}, and began after ${floor} was acknowledged`);
    const line = `${device} ${entry.conversationId}`;
    const last = lastOfDevice.get(line) ?? 0;
    if (entry.seq < last) report('O3', `${key} is ${entry.seq}, and its device sent it after ${last}`);
    lastOfDevice.set(line, Math.max(last, entry.seq));
  }
}

function keyOf({ conversationId, senderId, clientMessageId }: SendKey): string {
  return `${conversationId} ${senderId} ${clientMessageId}`;
}

function placeOf({ conversationId, seq }: { readonly conversationId: string; readonly seq: number }): string {
  return `${conversationId} #${seq}`;
}
