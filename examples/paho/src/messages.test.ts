import { createRequire } from 'node:module';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  AckSchema,
  BaseUserUnreadStaticsSchema,
  MessageSchema,
  type MessageType,
  readDraft,
  ServiceMessageSchema,
  type ServiceType,
  type Stamp,
  stampPayload,
} from '@skein/protocol';
import { describe, expect, test } from 'vitest';

// Node's own require: the code is CommonJS, and looks for the global object in a way that modules do not have.
const messages: typeof import('./gen/messages_pb.js') = createRequire(import.meta.url)(
  './gen/messages_pb.js',
);

const ids = ['1', '9007199254740993', '9223372036854775808', '18446744073709551615'];

/** What the article's client sends. */
function articleMessage(id: string) {
  const message = new messages.Message();
  message.setMessageId(id);
  message.setSenderId(id);
  message.setContent('你好 <b>🪿</b>');
  message.setCreateTime(id);
  message.setReceiverId(id);
  return message;
}

function articleServiceMessage(id: string) {
  const message = new messages.ServiceMessage();
  message.setMessageId(id);
  message.setUserId(id);
  message.setServiceType(messages.ServiceType.AFTERSALE);
  message.setMessageType(messages.MessageType.IMAGE);
  message.setContent('在吗');
  message.setCreateDate(id);
  message.setDirection(messages.ServiceMessageDirection.USER_TO_AGENT);
  message.setAgentId(id);
  message.setPostProc(4_294_967_295);
  message.setToReply(1);
  message.setExtend('{"order":"7"}');
  return message;
}

const stamp: Stamp = {
  kind: 'message',
  messageId: 18446744073709551615n,
  conversationId: 'dm:9007199254740993:18446744073709551615',
  seq: 3,
  senderId: '9007199254740993',
  peerId: '18446744073709551615',
  createTime: 1_700_000_000_000,
  clientMessageId: 9223372036854775808n,
  clientTime: 5n,
};

describe("M2 code compiled from the article's schema and ours read each other's bytes", () => {
  test.each(ids)('its Message with %s is read by our generated code, every field', (id) => {
    expect(fromBinary(MessageSchema, articleMessage(id).serializeBinary())).toMatchObject({
      messageId: id,
      senderId: id,
      content: '你好 <b>🪿</b>',
      createTime: id,
      receiverId: id,
    });
  });

  test.each(ids)('its Message with %s has the very bytes of ours', (id) => {
    const ours = create(MessageSchema, {
      messageId: id,
      senderId: id,
      content: '你好 <b>🪿</b>',
      createTime: id,
      receiverId: id,
    });
    expect(toBinary(MessageSchema, ours)).toEqual(articleMessage(id).serializeBinary());
  });

  test.each(ids)('its ServiceMessage with %s has the very bytes of ours', (id) => {
    const ours = create(ServiceMessageSchema, {
      messageId: id,
      userId: id,
      serviceType: 2,
      messageType: 2,
      content: '在吗',
      createDate: id,
      direction: 1,
      agentId: id,
      postProc: 4_294_967_295,
      toReply: 1,
      extend: '{"order":"7"}',
    });
    expect(toBinary(ServiceMessageSchema, ours)).toEqual(articleServiceMessage(id).serializeBinary());
  });

  test('it reads a Message as the server delivers it, with fields from 16 on', () => {
    const sent = articleMessage('7').serializeBinary();
    const full = create(MessageSchema, { ...fromBinary(MessageSchema, sent), contextSeq: '2', extend: '{}' });
    const seen = messages.Message.deserializeBinary(stampPayload(toBinary(MessageSchema, full), stamp));
    expect(seen.toObject()).toEqual({
      messageId: '18446744073709551615',
      senderId: '9007199254740993',
      content: '你好 <b>🪿</b>',
      createTime: '1700000000000',
      receiverId: '18446744073709551615',
    });
  });

  test('it reads a ServiceMessage as the server delivers it', () => {
    const delivered = stampPayload(articleServiceMessage('7').serializeBinary(), {
      ...stamp,
      kind: 'service',
    });
    expect(messages.ServiceMessage.deserializeBinary(delivered).toObject()).toEqual({
      messageId: '18446744073709551615',
      userId: '18446744073709551615',
      serviceType: 2,
      messageType: 2,
      content: '在吗',
      createDate: '1700000000000',
      direction: messages.ServiceMessageDirection.AGENT_TO_USER,
      agentId: '9007199254740993',
      postProc: 4_294_967_295,
      toReply: 1,
      extend: '{"order":"7"}',
    });
  });

  test('M5 a team of the installation and a type of a later version keep their numbers', () => {
    const ours = create(ServiceMessageSchema, {
      messageId: '1',
      userId: '1',
      serviceType: 100 as ServiceType,
      messageType: 4711 as MessageType,
      content: '',
      createDate: '1',
      direction: 1,
    });
    const bytes = toBinary(ServiceMessageSchema, ours);
    const article = messages.ServiceMessage.deserializeBinary(bytes);
    expect([article.getServiceType(), article.getMessageType()]).toEqual([100, 4711]);
    expect(article.serializeBinary()).toEqual(bytes);
    expect(readDraft('service', bytes)).toMatchObject({ serviceType: 100, messageType: 4711 });
  });

  test('the server accepts what it sends, and takes its message_id for its key', () => {
    expect(readDraft('message', articleMessage('18446744073709551615').serializeBinary())).toMatchObject({
      clientMessageId: 18446744073709551615n,
      peerId: '18446744073709551615',
    });
  });

  test('M7 it reads the unread statistics and the acknowledgement', () => {
    const unread = create(BaseUserUnreadStaticsSchema, {
      userId: '1001',
      totalUnread: '18446744073709551615',
      totalUnreplied: '1',
      feedVersion: '9007199254740993',
      createTime: '5',
      conversations: [
        {
          conversationId: 'dm:1001:1002',
          unread: '2',
          lastSeq: '9',
          readSeq: '7',
          unreplied: true,
          waitingSince: '4',
        },
      ],
    });
    const seen = messages.BaseUserUnreadStatics.deserializeBinary(
      toBinary(BaseUserUnreadStaticsSchema, unread),
    );
    expect(seen.toObject()).toEqual({
      userId: '1001',
      totalUnread: '18446744073709551615',
      totalUnreplied: '1',
      feedVersion: '9007199254740993',
      createTime: '5',
      conversationsList: [
        {
          conversationId: 'dm:1001:1002',
          unread: '2',
          lastSeq: '9',
          readSeq: '7',
          unreplied: true,
          waitingSince: '4',
        },
      ],
    });
    const ack = create(AckSchema, {
      clientMessageId: '9007199254740993',
      messageId: '18446744073709551615',
      conversationId: 'dm:1001:1002',
      seq: '3',
      createTime: '5',
      code: 0,
    });
    expect(messages.Ack.deserializeBinary(toBinary(AckSchema, ack)).toObject()).toMatchObject({
      clientMessageId: '9007199254740993',
      messageId: '18446744073709551615',
      seq: '3',
      code: 0,
    });
  });
});
