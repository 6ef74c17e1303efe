import { create, toBinary } from '@bufbuild/protobuf';
import { PostProc } from '@skein/chat';
import { isRefusal, MessageType, ServiceMessageDirection, ServiceMessageSchema } from '@skein/protocol';
import { describe, expect, it } from 'vitest';
import type { Role } from '../store/store.ts';
import { readSend } from './accept.ts';

/** What is stored of a service message by user 7 in the case of a customer. */
function stored(role: Role, customer: string, fields: { agentId?: string; postProc?: number }) {
  const payload = toBinary(
    ServiceMessageSchema,
    create(ServiceMessageSchema, {
      messageId: '1',
      userId: customer,
      serviceType: 1,
      messageType: MessageType.TEXT,
      content: 'hello',
      createDate: '1',
      direction: ServiceMessageDirection.USER_TO_AGENT,
      ...fields,
    }),
  );
  const send = readSend('service', payload, { userId: '7', role }, 0, 1_000);
  if (isRefusal(send)) throw new Error(send.reason);
  return { agentId: send.draft.agentId, postProc: send.draft.postProc };
}

describe('the server wins', () => {
  it('a customer has no agent_id, whatever it wrote', () => {
    expect(stored('customer', '7', { agentId: '9' })).toEqual({ agentId: '0', postProc: undefined });
  });

  it('U2 what a service writes is written by a bot, and keeps its other bits', () => {
    expect(stored('service', '5', { agentId: '7' })).toEqual({ agentId: '7', postProc: PostProc.BOT });
    const translated = PostProc.TRANSLATED | PostProc.BOT;
    expect(stored('service', '5', { postProc: PostProc.TRANSLATED }).postProc).toBe(translated);
    expect(stored('service', '5', { postProc: PostProc.BOT }).postProc).toBe(PostProc.BOT);
  });

  it('U2 a service that is the customer itself is a bot as well', () => {
    expect(stored('service', '7', { agentId: '9' })).toEqual({ agentId: '0', postProc: PostProc.BOT });
  });

  it('what people write is left as it came', () => {
    expect(stored('agent', '5', { agentId: '7', postProc: PostProc.AUTOMATIC_REPLY })).toEqual({
      agentId: '7',
      postProc: PostProc.AUTOMATIC_REPLY,
    });
  });
});
