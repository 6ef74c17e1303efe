import { create, toBinary } from '@bufbuild/protobuf';
import { MessageSchema, readDraft } from '@skein/protocol';
import { describe, expect, it } from 'vitest';
import { sendKey } from './send-key.ts';

const message = (further: object) =>
  toBinary(
    MessageSchema,
    create(MessageSchema, {
      messageId: '7',
      senderId: '1',
      receiverId: '2',
      createTime: '1',
      content: 'x'.repeat(100_000),
      ...further,
    }),
  );

describe('the key of a send', () => {
  it('is client_message_id, or without it message_id', () => {
    expect(sendKey(message({ clientMessageId: '18446744073709551615' }))).toBe('18446744073709551615');
    expect(sendKey(message({}))).toBe('7');
  });

  it('I1 is the key under which the send is stored', () => {
    for (const payload of [
      message({ clientMessageId: '9' }),
      message({ clientMessageId: '0' }),
      message({}),
    ]) {
      expect(readDraft('message', payload, payload.length)).toMatchObject({
        clientMessageId: BigInt(sendKey(payload)),
      });
    }
  });

  it('is what was found before the payload breaks', () => {
    expect(sendKey(message({ clientMessageId: '9' }).subarray(0, 20))).toBe('7');
    expect(sendKey(Uint8Array.of(8, 7, 255))).toBe('7');
    expect(sendKey(Uint8Array.of(0xff))).toBe('0');
    expect(sendKey(new Uint8Array(0))).toBe('0');
  });

  it('is not lost to groups within groups', () => {
    const deep = new Uint8Array(200_000).fill(0xc3);
    expect(sendKey(Uint8Array.of(8, 7, ...deep.subarray(0, 10_000)))).toBe('7');
    expect(sendKey(deep)).toBe('0');
  });
});
