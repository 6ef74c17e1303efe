import type { UserId } from './ids.ts';
import { maxContentBytes, maxExtendBytes, maxOverheadBytes } from './limits.ts';
import { type Refusal, refusal } from './refusals.ts';
import { isUtf8 } from './utf8.ts';
import { WireError, WireReader } from './varint.ts';

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

/** Sets of field numbers, one bit each: all that the schema knows, those that are strings, those of the article that must be there. */
const fieldsOf = {
  message: {
    known: bits(1, 2, 3, 4, 5, 16, 17, 18, 19, 20, 21, 22, 23),
    strings: bits(3, 16, 22),
    required: bits(1, 2, 3, 4, 5),
  },
  service: {
    known: bits(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 16, 17, 18, 19, 20, 23, 24),
    strings: bits(5, 11, 16),
    required: bits(1, 2, 3, 4, 5, 6, 7),
  },
};

function bits(...fields: number[]): number {
  return fields.reduce((all, field) => all | (1 << field), 0);
}

/** Reads the payload of `out/message`. */
export function readMessage(payload: Uint8Array, contentLimit = maxContentBytes): Draft | Refusal {
  return read('message', payload, messageField, contentLimit);
}

/** Reads the payload of `out/service`. */
export function readServiceMessage(payload: Uint8Array, contentLimit = maxContentBytes): Draft | Refusal {
  return read('service', payload, serviceField, contentLimit);
}

/** Takes a field that decides something; false, with nothing read, for any other. */
type FieldReader = (reader: WireReader, field: number, into: DraftFields, payload: Uint8Array) => boolean;

function read(
  kind: Draft['kind'],
  payload: Uint8Array,
  readField: FieldReader,
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
      checkTag(kind, tag);
      if (!readField(reader, tag >>> 3, fields, payload)) reader.skip(tag & 7);
    }
  } catch (error) {
    if (error instanceof WireError) return refusal('MALFORMED', `not a protobuf payload: ${error.message}`);
    throw error;
  }
  const { required } = fieldsOf[kind];
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
  if ((fields.messageType | fields.serviceType | fields.direction) < 0) {
    return refusal('MALFORMED', 'a type or direction is over 2147483647');
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

/**
 * A known field in another wire type would be an unknown field to protobuf, but most generated code reads it all the
 * same and loses its place: what it takes for the next field could then hide the fields that the server appends.
 */
function checkTag(kind: Draft['kind'], tag: number): void {
  const field = tag >>> 3;
  if (field === 0) throw new WireError('a field number is 0');
  if (field > 31 || !(fieldsOf[kind].known & (1 << field))) return;
  const wireType = fieldsOf[kind].strings & (1 << field) ? 2 : 0;
  if ((tag & 7) !== wireType) throw new WireError(`field ${field} has wire type ${tag & 7}, not ${wireType}`);
}

const messageField: FieldReader = (reader, field, into, payload) => {
  switch (field) {
    case 1:
      into.messageId = reader.uint64();
      break;
    case 2:
      // The sender is whoever holds the session.
      reader.varint();
      break;
    case 3:
      content(reader, into, payload);
      break;
    case 4:
      into.createTime = reader.uint64();
      break;
    case 5:
      into.peerId = reader.uint64Text();
      break;
    case 21:
      into.messageType = reader.uint32();
      break;
    case 22:
      extend(reader, into, payload);
      break;
    default:
      return sharedField(reader, field, into, payload);
  }
  into.seen |= 1 << field;
  return true;
};

const serviceField: FieldReader = (reader, field, into, payload) => {
  switch (field) {
    case 1:
      into.messageId = reader.uint64();
      break;
    case 2:
      into.peerId = reader.uint64Text();
      break;
    case 3:
      into.serviceType = reader.uint32();
      break;
    case 4:
      into.messageType = reader.uint32();
      break;
    case 5:
      content(reader, into, payload);
      break;
    case 6:
      into.createTime = reader.uint64();
      break;
    case 7:
      into.direction = reader.uint32();
      break;
    case 8:
      into.agentId = reader.uint64Text();
      break;
    case 9:
      into.postProc = reader.uint32();
      break;
    case 10:
      into.toReply = reader.uint32();
      break;
    case 11:
      extend(reader, into, payload);
      break;
    default:
      return sharedField(reader, field, into, payload);
  }
  into.seen |= 1 << field;
  return true;
};

function sharedField(reader: WireReader, field: number, into: DraftFields, payload: Uint8Array): boolean {
  switch (field) {
    case 16: {
      const length = text(reader, payload);
      into.conversationId = asciiText(payload, reader.offset - length, reader.offset);
      return true;
    }
    case 18:
      into.clientMessageId = reader.uint64();
      return true;
    case 19:
      into.contextSeq = reader.safeNumber();
      return true;
    case 20:
      into.clientTime = reader.uint64();
      return true;
    case 23:
      into.targetSeq = reader.safeNumber();
      return true;
    default:
      return false;
  }
}

function content(reader: WireReader, into: DraftFields, payload: Uint8Array): void {
  const length = text(reader, payload);
  into.contentStart = reader.offset - length;
  into.contentEnd = reader.offset;
}

function extend(reader: WireReader, into: DraftFields, payload: Uint8Array): void {
  const length = text(reader, payload);
  into.extendStart = reader.offset - length;
  into.extendEnd = reader.offset;
}

/** The length of a string, which is UTF-8 even where a later one replaces it: some readers look at all of them. */
function text(reader: WireReader, payload: Uint8Array): number {
  const length = reader.lengthDelimited();
  if (!isUtf8(payload, reader.offset - length, reader.offset)) throw new WireError('text is not UTF-8');
  return length;
}

/** Conversation ids are short and ASCII; anything else becomes a text that is no conversation's id. */
function asciiText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > 64) return '?';
  return String.fromCharCode(...bytes.subarray(start, end));
}

// A leading byte order mark is content like any other.
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });

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
