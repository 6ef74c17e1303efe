import {
  ackFields,
  decode,
  feedChangeFields,
  type InName,
  messageFields,
  noticeFields,
  presenceFields,
  receiptFields,
  serviceMessageFields,
  typingFields,
  unreadFields,
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

/** The core's input for what came on `in/{name}`; throws what `decode` throws. */
export function receivedInput(name: InName, payload: Uint8Array): Received {
  return { type: 'received', name, payload: decode<never>(tables[name] as never, payload) } as Received;
}
