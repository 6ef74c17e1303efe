import { isUtf8 } from './utf8.ts';
import { WireError, type WireReader } from './varint.ts';

/** The fields of a send that decide something, as they are read one by one. */
export class DraftFields {
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

type Kind = 'message' | 'service';

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

/** The fields that must be there, one bit each. */
export function requiredFields(kind: Kind): number {
  return fieldsOf[kind].required;
}

/** Takes a field that decides something; false, with nothing read, for any other. */
export type FieldReader = (
  reader: WireReader,
  field: number,
  into: DraftFields,
  payload: Uint8Array,
) => boolean;

/**
 * A known field in another wire type would be an unknown field to protobuf, but most generated code reads it all the
 * same and loses its place: what it takes for the next field could then hide the fields that the server appends.
 */
export function checkTag(kind: Kind, tag: number): void {
  const field = tag >>> 3;
  if (field === 0) throw new WireError('a field number is 0');
  if (field > 31 || !(fieldsOf[kind].known & (1 << field))) return;
  const wireType = fieldsOf[kind].strings & (1 << field) ? 2 : 0;
  if ((tag & 7) !== wireType) throw new WireError(`field ${field} has wire type ${tag & 7}, not ${wireType}`);
}

export const messageField: FieldReader = (reader, field, into, payload) => {
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

export const serviceField: FieldReader = (reader, field, into, payload) => {
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
