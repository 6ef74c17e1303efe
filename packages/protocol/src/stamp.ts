import type { Uint64Text, UserId } from './ids.ts';
import { WireReader, WireWriter } from './varint.ts';

/**
 * What the server says of an entry. In protobuf the last value of a field wins, so these fields are appended to the
 * bytes that the client sent; nobody encodes the content again, and what a client forged is overruled.
 */
export interface Stamp {
  readonly kind: 'message' | 'service';
  readonly messageId: bigint;
  readonly conversationId: string;
  readonly seq: number;
  readonly senderId: UserId;
  /** Message: the person or group. ServiceMessage: the customer. */
  readonly peerId: Uint64Text;
  /** The server's time of storing, in Unix milliseconds. */
  readonly createTime: number;
  readonly clientMessageId: bigint;
  readonly clientTime: bigint;
}

const userToAgent = 1;
const agentToUser = 2;

const writer = new WireWriter();

/** The payload as its readers get it: the stored bytes and the server's fields. */
export function stampPayload(payload: Uint8Array, stamp: Stamp): Uint8Array {
  writer.restart();
  writer.uint64(1, stamp.messageId);
  if (stamp.kind === 'message') {
    writer.uint64Text(2, stamp.senderId);
    writer.number(4, stamp.createTime);
    writer.uint64Text(5, stamp.peerId);
  } else {
    const fromCustomer = stamp.senderId === stamp.peerId;
    writer.uint64Text(2, stamp.peerId);
    writer.number(6, stamp.createTime);
    writer.number(7, fromCustomer ? userToAgent : agentToUser);
    if (!fromCustomer) writer.uint64Text(8, stamp.senderId);
  }
  writer.ascii(16, stamp.conversationId);
  writer.number(17, stamp.seq);
  if (stamp.clientMessageId !== 0n) writer.uint64(18, stamp.clientMessageId);
  writer.uint64(20, stamp.clientTime);
  if (stamp.kind === 'service') writer.uint64Text(24, stamp.senderId);
  return writer.takeAfter(payload);
}

/** The payload without a varint field that no value appended could take back (a forged agent_id). */
export function withoutField(payload: Uint8Array, field: number): Uint8Array {
  const reader = new WireReader(payload);
  const kept = new Uint8Array(payload.length);
  let length = 0;
  while (!reader.done) {
    const start = reader.offset;
    const tag = reader.uint32();
    reader.skip(tag & 7);
    if (tag >>> 3 === field) continue;
    kept.set(payload.subarray(start, reader.offset), length);
    length += reader.offset - start;
  }
  return kept.subarray(0, length);
}

/** What is left of a recalled entry's payload: everything but content and extend. */
export function withoutContent(kind: Stamp['kind'], payload: Uint8Array): Uint8Array {
  const content = kind === 'message' ? 3 : 5;
  const extend = kind === 'message' ? 22 : 11;
  const rest = withoutField(withoutField(payload, content), extend);
  // The content is a required field: it is there, and empty.
  const emptied = new Uint8Array(rest.length + 2);
  emptied.set(rest);
  emptied.set([(content << 3) | 2, 0], rest.length);
  return emptied;
}

/** The payload with a varint field appended, which overrules what it had. */
export function withNumber(payload: Uint8Array, field: number, value: number): Uint8Array {
  writer.restart();
  writer.number(field, value);
  return writer.takeAfter(payload);
}
