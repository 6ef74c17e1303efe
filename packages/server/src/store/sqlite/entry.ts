import {
  asks,
  countable,
  countsFor,
  type EntryFacts,
  type Millis,
  type ReplyPolicy,
  type Seq,
} from '@skein/chat';
import {
  type ConversationName,
  type Draft,
  fromSigned64,
  isRefusal,
  readDraft,
  stampPayload,
  type UserId,
  withoutContent,
} from '@skein/protocol';
import type { StoredEntry } from '../store.ts';
import { timeOfId } from './id-sequence.ts';

/** A row of the table of entries. */
export interface EntryRow {
  readonly id: bigint;
  readonly seq: Seq;
  readonly senderId: UserId;
  readonly origin: number;
  readonly recalledBy: Seq | undefined;
  readonly payload: Uint8Array;
}

/** Bits of a row's flags: what queries over many rows need to know. */
export const flagAsks = 1;
export const flagCountable = 2;

/** An entry of the log; what its readers get is made when first asked for. */
export class LogEntry implements StoredEntry {
  readonly id: bigint;
  readonly conversationId: string;
  readonly kind: 'message' | 'service';
  readonly seq: Seq;
  readonly senderId: UserId;
  readonly time: Millis;
  readonly origin: number;
  private readonly name: ConversationName;
  private readonly recalled: boolean;
  private readonly payload: Uint8Array;
  private known: Draft | undefined;
  private stamped: Uint8Array | undefined;

  constructor(conversationId: string, name: ConversationName, row: EntryRow, draft?: Draft) {
    this.id = row.id;
    this.conversationId = conversationId;
    this.kind = payloadKind(name);
    this.seq = row.seq;
    this.senderId = row.senderId;
    this.time = timeOfId(row.id);
    this.origin = row.origin;
    this.name = name;
    this.recalled = row.recalledBy !== undefined;
    this.payload = row.payload;
    this.known = draft;
  }

  /** The payload that was stored, read. */
  get draft(): Draft {
    this.known ??= readStored(this.kind, this.payload);
    return this.known;
  }

  get delivered(): Uint8Array {
    this.stamped ??= stampPayload(this.recalled ? withoutContent(this.kind, this.payload) : this.payload, {
      kind: this.kind,
      messageId: this.id,
      conversationId: this.conversationId,
      seq: this.seq,
      senderId: this.senderId,
      peerId: peerOf(this.name, this.senderId),
      createTime: this.time,
      clientMessageId: this.draft.clientMessageId,
      clientTime: this.draft.clientTime,
    });
    return this.stamped;
  }
}

function payloadKind(name: ConversationName): 'message' | 'service' {
  return name.kind === 'cs' || name.kind === 'note' ? 'service' : 'message';
}

/** Whom a message goes to (a person, a group), or whose conversation with the service it is. */
function peerOf(name: ConversationName, sender: UserId): UserId {
  switch (name.kind) {
    case 'dm':
      return name.a === sender ? name.b : name.a;
    case 'group':
      return name.groupId;
    case 'cs':
    case 'note':
      return name.customer;
    default:
      return name satisfies never;
  }
}

/** What was stored was accepted once, under whatever limits held then. */
function readStored(kind: 'message' | 'service', payload: Uint8Array): Draft {
  const draft = readDraft(kind, payload, Number.MAX_SAFE_INTEGER);
  if (isRefusal(draft)) throw new Error(`a stored payload cannot be read: ${draft.reason}`);
  return draft;
}

/** What the rules need to know of an entry. */
export function factsOf(name: ConversationName, row: Omit<EntryRow, 'origin'>, draft?: Draft): EntryFacts {
  const read = draft ?? readStored(payloadKind(name), row.payload);
  return {
    seq: row.seq,
    senderId: row.senderId,
    time: timeOfId(row.id),
    messageType: read.messageType,
    fromCustomer: name.kind === 'cs' && name.customer === row.senderId,
    ...(read.toReply !== undefined && { toReply: read.toReply }),
    ...(read.postProc !== undefined && { postProc: read.postProc }),
    ...(read.contextSeq !== undefined && { contextSeq: read.contextSeq }),
    ...(read.targetSeq !== undefined && { targetSeq: read.targetSeq }),
  };
}

/** @param policy says what asks where the entry does not */
export function flagsOf(name: ConversationName, facts: EntryFacts, policy: ReplyPolicy): number {
  return (asks(facts, policy) ? flagAsks : 0) | (isCounted(name) && countable(facts) ? flagCountable : 0);
}

/** Whether an entry is unread for somebody while their read position is below it (N1). */
export function countsIn(name: ConversationName, facts: EntryFacts, reader: UserId): boolean {
  return isCounted(name) && countsFor(facts, reader);
}

/** Of the agents' notes nothing is ever unread. */
function isCounted(name: ConversationName): boolean {
  return name.kind !== 'note';
}

/** A row as SQLite gives it, with integers as bigints. */
export interface RawEntry {
  id: bigint;
  seq: bigint;
  sender: bigint;
  origin: bigint;
  recalled_by: bigint | null;
  payload: Uint8Array;
}

export const entryColumns = 'e.id, e.seq, e.sender, e.origin, e.recalled_by, e.payload';

export function toRow(raw: RawEntry): EntryRow {
  return {
    id: raw.id,
    seq: Number(raw.seq),
    senderId: fromSigned64(raw.sender).toString(),
    origin: Number(raw.origin),
    recalledBy: raw.recalled_by === null ? undefined : Number(raw.recalled_by),
    payload: raw.payload,
  };
}

/** A row of any conversation. */
export interface ConversationRow {
  readonly conversation: number;
  readonly row: EntryRow;
}

export type RawConversationRow = RawEntry & { conversation: bigint };

export function toConversationRow(raw: RawConversationRow): ConversationRow {
  return { conversation: Number(raw.conversation), row: toRow(raw) };
}
