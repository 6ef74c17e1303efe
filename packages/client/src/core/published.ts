import { FIRST_FAILURE, type UserProperty } from '@skein/mqtt';
import {
  encode,
  messageFields,
  type Refusal,
  type RefusalName,
  receiptFields,
  refusals,
  serviceMessageFields,
  typingFields,
} from '@skein/protocol';
import type { AnswerInput, PublishEffect, StoredNumbers } from '@skein/sync';
import type { Acknowledged } from '../connection/mqtt-line.ts';

/** The bytes of what the core publishes. */
export function payloadOf(effect: PublishEffect): Uint8Array {
  switch (effect.name) {
    case 'message':
      return encode(messageFields, effect.payload);
    case 'service':
      return encode(serviceMessageFields, effect.payload);
    case 'receipt':
      return encode(receiptFields, effect.payload);
    case 'typing':
      return encode(typingFields, effect.payload);
    default:
      return effect satisfies never;
  }
}

/** The core's input for a PUBACK. */
export function publishedInput({ token, reasonCode, reason, userProperties }: Acknowledged): AnswerInput {
  if (reasonCode >= FIRST_FAILURE) return { type: 'refused', token, refusal: refusalOf(reasonCode, reason) };
  const numbers = numbersOf(new Map(userProperties));
  return { type: 'published', token, ...(numbers && { numbers }) };
}

function numbersOf(said: ReadonlyMap<UserProperty[0], UserProperty[1]>): StoredNumbers | undefined {
  const messageId = said.get('message-id');
  const conversationId = said.get('conversation-id');
  const seq = said.get('seq');
  const createTime = said.get('create-time');
  // A stock broker, or properties left out for their size: then the Ack tells.
  if (!messageId || !conversationId || !seq || !createTime) return undefined;
  return { messageId, conversationId, seq: Number(seq), createTime: Number(createTime) };
}

/** The server writes "NAME: why"; another broker at least has a reason code. */
function refusalOf(reasonCode: number, reason = `refused with ${reasonCode}`): Refusal {
  const [name = '', ...rest] = reason.split(': ');
  if (name in refusals) return { refused: name as RefusalName, reason: rest.join(': ') };
  const [known = 'UNAVAILABLE'] =
    Object.entries(refusals).find(([, one]) => one.reasonCode === reasonCode) ?? [];
  return { refused: known as RefusalName, reason };
}
