import {
  checkTag,
  DraftFields,
  type FieldReader,
  messageField,
  requiredFields,
  serviceField,
} from './draft-fields.ts';
import type { UserId } from './ids.ts';
import { maxContentBytes, maxExtendBytes, maxOverheadBytes } from './limits.ts';
import { type Refusal, refusal } from './refusals.ts';
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

const fieldReaders: Record<Draft['kind'], FieldReader> = { message: messageField, service: serviceField };

/** Reads the payload of `out/message` or `out/service`. @param contentLimit in bytes */
export function readDraft(
  kind: Draft['kind'],
  payload: Uint8Array,
  contentLimit = maxContentBytes,
): Draft | Refusal {
  if (payload.length > contentLimit + maxExtendBytes + maxOverheadBytes) {
    return refusal('TOO_LARGE', `a payload of ${payload.length} bytes; content may have ${contentLimit}`);
  }
  const fields = new DraftFields();
  const readField = fieldReaders[kind];
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
  const required = requiredFields(kind);
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
