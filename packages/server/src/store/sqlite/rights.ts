import { type ConversationName, type Refusal, refusal } from '@skein/protocol';
import type { DirectPolicy, Reader, Sender } from '../store.ts';
import { presentMember } from './conversations.ts';
import type { Conversation } from './state.ts';
import { serves } from './users.ts';

/** Unknown and forbidden are the same answer (A2). */
export const notAllowed: Refusal = refusal(
  'NOT_ALLOWED',
  'no such conversation, or you are not a member of it',
);

/** Whether somebody may write to a conversation that exists. */
export function mayWrite(sender: Sender, conversation: Conversation): Refusal | undefined {
  if (!presentMember(conversation, sender.userId)) return notAllowed;
  if (conversation.closed) return refusal('CLOSED', 'the group was deleted: nobody can write to it');
  return undefined;
}

/** Whether a send may begin a conversation; a group is made by a call. */
export function mayBegin(
  sender: Sender,
  name: ConversationName,
  peer: Peer | undefined,
  policy: DirectPolicy,
): Refusal | undefined {
  if (!isOwn(sender, name)) return notAllowed;
  return !peer || mayAddress(sender, peer, policy) ? undefined : notAllowed;
}

/** What decides whether a stranger may reach somebody. */
export interface Peer {
  readonly serves: boolean;
  /** Whether the two are members of one group now; looked up only where the policy asks. */
  readonly sharesGroup: () => boolean;
}

/** A5: whether somebody may reach a person unasked, be it by a direct conversation or by adding them to a group. */
export function mayAddress(sender: Sender, peer: Peer, policy: DirectPolicy): boolean {
  if (policy === 'everyone' || serves(sender.role) || peer.serves) return true;
  return policy === 'common-group' && peer.sharesGroup();
}

/** Whether a conversation's name says that it is this person's, begun or not. */
export function isOwn(reader: Reader, name: ConversationName): boolean {
  switch (name.kind) {
    case 'dm':
      return name.a === reader.userId || name.b === reader.userId;
    case 'group':
      return false;
    case 'cs':
      return name.customer === reader.userId || serves(reader.role);
    case 'note':
      return serves(reader.role);
    default:
      return name satisfies never;
  }
}

/** Whether somebody may read a conversation, from which entry on; undefined: not. */
export function firstReadable(reader: Reader, conversation: Conversation): number | undefined {
  const member = presentMember(conversation, reader.userId);
  if (!member) return undefined;
  // Who joins a group sees what comes after; the service sees the whole case.
  return conversation.name.kind === 'group' ? member.joined + 1 : 1;
}
