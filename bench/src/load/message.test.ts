import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { MessageSchema } from '@skein/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  findText,
  MessageIds,
  messageTemplate,
  NUMBERS,
  readNumber,
  readSender,
  TEXT_BYTES,
  writeNumber,
  writeTime,
} from './message.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

/** A template with everything patched in, as a client sends it. */
function patched(senderId: number, receiverId: number, sender: number, number = 0, ms = NOW) {
  const template = messageTemplate(senderId, receiverId, sender);
  new MessageIds().write(template.bytes, template.messageIdAt, ms);
  writeTime(template.bytes, template.createTimeAt, ms);
  writeNumber(template.bytes, template.numberAt, number);
  return template;
}

test('a patched template is the Message of the schema, with 128 bytes of text', () => {
  const template = patched(1001, 18_014_398_509, 7, 123_456_789);
  const message = fromBinary(MessageSchema, template.bytes);
  expect(message).toMatchObject({
    messageId: (BigInt(NOW) << 22n).toString(),
    senderId: '1001',
    createTime: String(NOW),
    receiverId: '18014398509',
  });
  expect(Buffer.byteLength(message.content)).toBe(TEXT_BYTES);
});

test('times and ids are exact over their range', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2 ** 40, max: 2 ** 41 - 1 }), (ms) => {
      const template = patched(1, 2, 0, 0, ms);
      const { messageId, createTime } = fromBinary(MessageSchema, template.bytes);
      expect(messageId).toBe((BigInt(ms) << 22n).toString());
      expect(createTime).toBe(String(ms));
    }),
  );
});

test('ids are unique and grow, when more than a counter full comes in one millisecond and when clocks go back', () => {
  const ids = new MessageIds();
  const { bytes, messageIdAt } = patched(1, 2, 0);
  const idAt = (now: number) => {
    ids.write(bytes, messageIdAt, now);
    return BigInt(fromBinary(MessageSchema, bytes).messageId);
  };
  let last = idAt(NOW);
  for (const now of [NOW, NOW, NOW - 1000, NOW + 1, NOW]) {
    const next = idAt(now);
    expect(next).toBeGreaterThan(last);
    last = next;
  }
  for (let i = 0; i < 0x400000; i++) ids.write(bytes, messageIdAt, NOW);
  expect(idAt(NOW)).toBeGreaterThan(last);
});

test('the receiver reads who sent the text and its number, wherever the server put the field', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 18 - 1), fc.nat(NUMBERS - 1), (sender, number) => {
      const template = patched(1001, 1002, sender, number);
      const encodedAnew = toBinary(
        MessageSchema,
        create(MessageSchema, { ...fromBinary(MessageSchema, template.bytes), createTime: '1', seq: '9' }),
      );
      for (const bytes of [template.bytes, encodedAnew]) {
        const at = findText(bytes, 0, bytes.length);
        expect(readSender(bytes, at)).toBe(sender);
        expect(readNumber(bytes, at)).toBe(number);
      }
    }),
  );
});

test('what is not such a Message has no text', () => {
  const other = toBinary(
    MessageSchema,
    create(MessageSchema, {
      messageId: '1',
      senderId: '2',
      content: 'short',
      createTime: '3',
      receiverId: '4',
    }),
  );
  expect(findText(other, 0, other.length)).toBe(-1);
  expect(findText(new Uint8Array(0), 0, 0)).toBe(-1);
  const { bytes } = patched(1, 2, 3);
  expect(findText(bytes, 0, 40)).toBe(-1);
});
