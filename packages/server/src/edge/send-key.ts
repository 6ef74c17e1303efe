import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

const messageIdField = 1;
const clientMessageIdField = 18;

/**
 * The key that a client gave its send, as far as the payload can be read: by it a sender knows which of its sends was
 * stored or refused, also when it was for being too large or malformed. "0": none was found.
 */
export function sendKey(payload: Uint8Array): string {
  let messageId = '0';
  let clientMessageId: string | undefined;
  try {
    const reader = new BinaryReader(payload);
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      const isKey = wireType === WireType.Varint;
      if (isKey && field === clientMessageIdField) clientMessageId = String(reader.uint64());
      else if (isKey && field === messageIdField) messageId = String(reader.uint64());
      else reader.skip(wireType, field);
    }
  } catch {
    // What was found before the mistake is all there is.
  }
  return clientMessageId ?? messageId;
}
