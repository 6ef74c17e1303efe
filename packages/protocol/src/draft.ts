import type { UserId } from './ids.ts';
import { maxContentBytes, maxExtendBytes, maxOverheadBytes } from './limits.ts';
import { type Refusal, refusal } from './refusals.ts';
import { halvesToText, joinHalves, WireError, WireReader } from './varint.ts';

/**
 * What the server reads of a send: the fields that decide something, and where content and extend lie. The payload
 * itself is kept as it came.
 */
export interface Draft {
  readonly kind: 'message' | 'service';
  readonly payload: Uint8Array;
  /** 0n = no key. */
  readonly clientMessageId: bigint;
  /** Message: the person or group. ServiceMessage: the customer. */
  readonly peerId: UserId;
  /** As the client wrote it, if it did. */
  readonly conversationId: string | undefined;
  readonly messageType: number;
  /** ServiceMessage only, else 0. */
  readonly serviceType: number;
  readonly direction: number;
  /** ServiceMessage only, else "0". */
  readonly agentId: UserId;
  readonly toReply: number | undefined;
  readonly postProc: number | undefined;
  readonly contextSeq: number | undefined;
  readonly targetSeq: number | undefined;
  /** What the client's clock said, in Unix milliseconds. */
  readonly clientTime: bigint;
  readonly contentStart: number;
  readonly contentEnd: number;
  readonly extendStart: number;
  readonly extendEnd: number;
}

const textType = 1;

class DraftFields {
  seen = 0;
  messageId = 0n;
  clientMessageId: bigint | undefined;
  peerId = '0';
  conversationId: string | undefined;
  messageType = 0;
  serviceType = 0;
  direction = 0;
  agentId = '0';
  toReply: number | undefined;
  postProc: number | undefined;
  contextSeq: number | undefined;
  targetSeq: number | undefined;
  createTime = 0n;
  clientTime: bigint | undefined;
  contentStart = 0;
  contentEnd = 0;
  extendStart = 0;
  extendEnd = 0;
}

/** One bit for each of the article's required fields. */
const requiredOfMessage = bits(1, 2, 3, 4, 5);
const requiredOfService = bits(1, 2, 3, 4, 5, 6, 7);

function bits(...fields: number[]): number {
  return fields.reduce((all, field) => all | (1 << field), 0);
}

/** Reads the payload of `out/message`. */
export function readMessage(payload: Uint8Array, contentLimit = maxContentBytes): Draft | Refusal {
  return read('message', payload, messageField, requiredOfMessage, contentLimit);
}

/** Reads the payload of `out/service`. */
export function readServiceMessage(payload: Uint8Array, contentLimit = maxContentBytes): Draft | Refusal {
  return read('service', payload, serviceField, requiredOfService, contentLimit);
}

type FieldReader = (reader: WireReader, field: number, into: DraftFields, payload: Uint8Array) => boolean;

/** Wire types of the fields 1 to 24: 2 = length-delimited, else varint. */
function read(
  kind: Draft['kind'],
  payload: Uint8Array,
  readField: FieldReader,
  required: number,
  contentLimit: number,
): Draft | Refusal {
  if (payload.length > contentLimit + maxExtendBytes + maxOverheadBytes) {
    return refusal('TOO_LARGE', `a payload of ${payload.length} bytes; content may have ${contentLimit}`);
  }
  const fields = new DraftFields();
  try {
    const reader = new WireReader(payload);
    while (!reader.done) {
      const tag = reader.uint32();
      if (tag >>> 3 === 0 || reader.high !== 0) throw new WireError('a field number is 0 or too large');
      if (!knownWireType(kind, tag) || !readField(reader, tag >>> 3, fields, payload)) reader.skip(tag & 7);
    }
  } catch (error) {
    if (error instanceof WireError) return refusal('MALFORMED', `not a protobuf payload: ${error.message}`);
    throw error;
  }
  if ((fields.seen & required) !== required) {
    const missing = [1, 2, 3, 4, 5, 6, 7].filter((n) => required & ~fields.seen & (1 << n));
    return refusal('MALFORMED', `required field ${missing.join(', ')} is missing`);
  }
  return finish(kind, payload, fields, contentLimit);
}

function finish(
  kind: Draft['kind'],
  payload: Uint8Array,
  fields: DraftFields,
  contentLimit: number,
): Draft | Refusal {
  if (fields.contentEnd - fields.contentStart > contentLimit) {
    return refusal('TOO_LARGE', `content of more than ${contentLimit} bytes`);
  }
  if (fields.extendEnd - fields.extendStart > maxExtendBytes) {
    return refusal('TOO_LARGE', `extend of more than ${maxExtendBytes} bytes`);
  }
  if (
    !isUtf8(payload, fields.contentStart, fields.contentEnd) ||
    !isUtf8(payload, fields.extendStart, fields.extendEnd)
  ) {
    return refusal('MALFORMED', 'text is not UTF-8');
  }
  return {
    kind,
    payload,
    clientMessageId: fields.clientMessageId ?? fields.messageId,
    peerId: fields.peerId,
    conversationId: fields.conversationId,
    messageType: fields.messageType || (kind === 'message' ? textType : 0),
    serviceType: fields.serviceType,
    direction: fields.direction,
    agentId: fields.agentId,
    toReply: fields.toReply,
    postProc: fields.postProc,
    contextSeq: fields.contextSeq,
    targetSeq: fields.targetSeq,
    clientTime: fields.clientTime ?? fields.createTime,
    contentStart: fields.contentStart,
    contentEnd: fields.contentEnd,
    extendStart: fields.extendStart,
    extendEnd: fields.extendEnd,
  };
}

/** A known field in another wire type is an unknown field: it is passed over, as protobuf asks. */
function knownWireType(kind: Draft['kind'], tag: number): boolean {
  const field = tag >>> 3;
  const isString =
    kind === 'message'
      ? field === 3 || field === 16 || field === 22
      : field === 5 || field === 11 || field === 16;
  return (tag & 7) === (isString ? 2 : 0);
}

const messageField: FieldReader = (reader, field, into, payload) => {
  if (field >= 16) {
    if (field === 21) into.messageType = reader.uint32();
    else if (field === 22) extend(reader, into);
    else return sharedField(reader, field, into, payload);
    return true;
  }
  if (field === 3) content(reader, into);
  else {
    if (field > 5) return false;
    reader.varint();
    if (field === 1) into.messageId = joinHalves(reader.low, reader.high);
    else if (field === 4) into.createTime = joinHalves(reader.low, reader.high);
    else if (field === 5) into.peerId = halvesToText(reader.low, reader.high);
  }
  into.seen |= 1 << field;
  return true;
};

const serviceField: FieldReader = (reader, field, into, payload) => {
  if (field >= 16) return sharedField(reader, field, into, payload);
  if (field === 5) content(reader, into);
  else if (field === 11) extend(reader, into);
  else {
    if (field > 10) return false;
    reader.varint();
    const low = reader.low;
    if (field === 1) into.messageId = joinHalves(low, reader.high);
    else if (field === 2) into.peerId = halvesToText(low, reader.high);
    else if (field === 3) into.serviceType = low;
    else if (field === 4) into.messageType = low;
    else if (field === 6) into.createTime = joinHalves(low, reader.high);
    else if (field === 7) into.direction = low;
    else if (field === 8) into.agentId = halvesToText(low, reader.high);
    else if (field === 9) into.postProc = low;
    else into.toReply = low;
  }
  into.seen |= 1 << field;
  return true;
};

function sharedField(reader: WireReader, field: number, into: DraftFields, payload: Uint8Array): boolean {
  switch (field) {
    case 16: {
      const length = reader.lengthDelimited();
      into.conversationId = ascii(payload, reader.offset - length, reader.offset);
      return true;
    }
    case 18:
      reader.varint();
      into.clientMessageId = joinHalves(reader.low, reader.high);
      return true;
    case 19:
      into.contextSeq = reader.safeNumber();
      return true;
    case 20:
      reader.varint();
      into.clientTime = joinHalves(reader.low, reader.high);
      return true;
    case 23:
      into.targetSeq = reader.safeNumber();
      return true;
    default:
      return false;
  }
}

function content(reader: WireReader, into: DraftFields): void {
  const length = reader.lengthDelimited();
  into.contentStart = reader.offset - length;
  into.contentEnd = reader.offset;
}

function extend(reader: WireReader, into: DraftFields): void {
  const length = reader.lengthDelimited();
  into.extendStart = reader.offset - length;
  into.extendEnd = reader.offset;
}

/** Conversation ids are ASCII; anything else becomes a text that is no conversation's id. */
function ascii(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > 64) return '?';
  return String.fromCharCode(...bytes.subarray(start, end));
}

const strict = new TextDecoder('utf-8', { fatal: true });

function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    if (bytes[i]! >= 0x80) return decodes(bytes.subarray(i, end));
  }
  return true;
}

function decodes(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

const lenient = new TextDecoder();

/** The content as text. */
export function draftContent(draft: Draft): string {
  return lenient.decode(draft.payload.subarray(draft.contentStart, draft.contentEnd));
}

/** `extend` as text, or undefined when there is none. */
export function draftExtend(draft: Draft): string | undefined {
  return draft.extendEnd === 0
    ? undefined
    : lenient.decode(draft.payload.subarray(draft.extendStart, draft.extendEnd));
}
