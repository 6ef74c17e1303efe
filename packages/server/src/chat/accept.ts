import { isAmendment, PostProc } from '@skein/chat';
import {
  type ConversationName,
  type Draft,
  directConversation,
  isRefusal,
  isUserId,
  maxServiceType,
  parseConversationId,
  type Refusal,
  readDraft,
  refusal,
  ServiceMessageSchema,
  serviceConversation,
  withNumber,
  withoutField,
} from '@skein/protocol';
import type { Append, Sender } from '../store/store.ts';

const { agentId, postProc } = ServiceMessageSchema.field;

/**
 * Reads a send and says which conversation it is for. What only the store knows (members, keys, numbers) is left to
 * the commit.
 */
export function readSend(
  kind: 'message' | 'service',
  payload: Uint8Array,
  sender: Sender,
  origin: number,
  contentLimit: number,
): Append | Refusal {
  let draft = readDraft(kind, payload, contentLimit);
  if (isRefusal(draft)) return draft;
  const address = kind === 'message' ? addressOfMessage(draft, sender) : addressOfService(draft);
  if (isRefusal(address)) return address;
  if (isAmendment(draft.messageType) && !draft.targetSeq) {
    return refusal('MALFORMED', 'a recall or edit names its entry in target_seq');
  }
  const kept = kind === 'service' ? overruled(draft, sender) : payload;
  if (kept !== payload) {
    const again = readDraft(kind, kept, contentLimit);
    if (isRefusal(again)) return again;
    draft = again;
  }
  return { type: 'append', sender, origin, draft, ...address };
}

interface Address {
  readonly conversationId: string;
  readonly name: ConversationName;
}

const notForMessages = refusal('MALFORMED', 'conversation_id is not that of a direct conversation or group');
const notForService = refusal('MALFORMED', 'conversation_id does not go with user_id and service_type');

function addressOfMessage(draft: Draft, sender: Sender): Address | Refusal {
  if (draft.conversationId !== undefined) {
    const name = parseConversationId(draft.conversationId);
    if (name?.kind !== 'dm' && name?.kind !== 'group') return notForMessages;
    return { conversationId: draft.conversationId, name };
  }
  if (!isUserId(draft.peerId)) return refusal('MALFORMED', 'receiver_id is 0');
  const conversationId = directConversation(sender.userId, draft.peerId);
  const [a, b] = conversationId.startsWith(`dm:${sender.userId}:`)
    ? [sender.userId, draft.peerId]
    : [draft.peerId, sender.userId];
  return { conversationId, name: { kind: 'dm', a, b } };
}

function addressOfService(draft: Draft): Address | Refusal {
  const { peerId: customer, serviceType } = draft;
  if (!isUserId(customer)) return refusal('MALFORMED', 'user_id, the customer, is 0');
  if (serviceType < 1 || serviceType > maxServiceType) {
    return refusal('MALFORMED', `service_type is not in 1..${maxServiceType}`);
  }
  if (draft.conversationId === undefined) {
    const conversationId = serviceConversation(customer, serviceType);
    return { conversationId, name: { kind: 'cs', customer, serviceType } };
  }
  const name = parseConversationId(draft.conversationId);
  if (name?.kind !== 'cs' && name?.kind !== 'note') return notForService;
  if (name.customer !== customer || name.serviceType !== serviceType) return notForService;
  return { conversationId: draft.conversationId, name };
}

/** Server wins, also where nothing that is appended could take a field back: a customer has no agent_id. */
function overruled(draft: Draft, sender: Sender): Uint8Array {
  const { payload, postProc: bits = 0 } = draft;
  const forged = sender.userId === draft.peerId && draft.agentId !== '0';
  const own = forged ? withoutField(payload, agentId.number) : payload;
  if (sender.role !== 'service' || bits & PostProc.BOT) return own;
  return withNumber(own, postProc.number, bits | PostProc.BOT);
}
