import {
  ackFields,
  decode,
  type Fields,
  feedChangeFields,
  type InName,
  messageFields,
  noticeFields,
  presenceFields,
  receiptFields,
  serviceMessageFields,
  typingFields,
  unreadFields,
  WireError,
} from '@skein/protocol';
import type { LineInput } from '@skein/sync';

type Received = Extract<LineInput, { type: 'received' }>;

const tables = {
  message: messageFields,
  service: serviceMessageFields,
  ack: ackFields,
  receipt: receiptFields,
  unread: unreadFields,
  feed: feedChangeFields,
  typing: typingFields,
  presence: presenceFields,
  notice: noticeFields,
};

/** The core's input for what came on `in/{name}`; undefined for bytes that are not of the schema. */
export function receivedInput(name: InName, bytes: Uint8Array): Received | undefined {
  try {
    const payload = decode<never>(tables[name] as Fields<never>, bytes);
    return { type: 'received', name, payload } as Received;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
