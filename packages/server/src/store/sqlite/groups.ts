import {
  compareUint64,
  groupConversation,
  limits,
  type Refusal,
  refusal,
  type UserId,
} from '@skein/protocol';
import type { DirectPolicy, Members, Sender } from '../store.ts';
import { presentMember } from './conversations.ts';
import { Peers } from './peers.ts';
import { membersOf } from './reading.ts';
import { mayAddress, notAllowed } from './rights.ts';
import { ServiceMembers } from './service-members.ts';
import { bumpFeed, type Conversation, presentMembers } from './state.ts';
import type { Tables } from './tables.ts';
import { serves } from './users.ts';

const notAddressable = refusal(
  'NOT_ALLOWED',
  'one of them is somebody you may not write to directly: only an agent can add that person to a group',
);

/** Who is a member of what. Each function runs within a transaction. */
export class Groups {
  private readonly tables: Tables;
  private readonly policy: DirectPolicy;
  private readonly peers: Peers;
  private readonly serviceMembers: ServiceMembers;

  constructor(tables: Tables, policy: DirectPolicy) {
    this.tables = tables;
    this.policy = policy;
    this.peers = new Peers(tables);
    this.serviceMembers = new ServiceMembers(tables.db);
  }

  /** @param id of the sequence of messages: it says when the group was made. */
  create(
    owner: Sender,
    id: bigint,
    title: string,
    members: readonly UserId[],
  ): { groupId: string; conversationId: string } | Refusal {
    if (!this.mayAddAll(owner, members)) return notAddressable;
    const { users, conversations } = this.tables;
    const groupId = id.toString();
    const conversationId = groupConversation(groupId);
    const name = { kind: 'group', groupId } as const;
    const conversation = conversations.create(conversationId, name, title || undefined, id);
    this.tables.meta.set('last_group', groupId);
    for (const member of new Set([owner.userId, ...members])) {
      conversations.join(conversation, users.get(member), { owner: member === owner.userId });
    }
    return { groupId, conversationId };
  }

  add(by: Sender, conversationId: string, ids: readonly UserId[]): Members | Refusal {
    const conversation = this.ownedBy(by.userId, conversationId);
    if ('refused' in conversation) return conversation;
    const joining = [...new Set(ids)].filter((id) => !presentMember(conversation, id));
    if (presentMembers(conversation).length + joining.length > limits.maxGroupMembers) {
      return refusal('TOO_LARGE', `a group has at most ${limits.maxGroupMembers} members`);
    }
    if (!this.mayAddAll(by, joining)) return notAddressable;
    for (const id of joining) {
      this.tables.conversations.join(conversation, this.tables.users.get(id), { owner: false });
    }
    return membersOf(conversation);
  }

  remove(by: UserId, conversationId: string, ids: readonly UserId[]): Members | Refusal {
    const leavesAlone = ids.every((id) => id === by);
    const conversation = leavesAlone ? this.group(by, conversationId) : this.ownedBy(by, conversationId);
    if ('refused' in conversation) return conversation;
    for (const id of new Set(ids)) {
      const member = presentMember(conversation, id);
      if (member) this.tables.conversations.leave(member);
    }
    this.keepAnOwner(conversation);
    return membersOf(conversation);
  }

  /** When the last owner leaves, who has been a member longest can go on; of several, the one with the least id. */
  private keepAnOwner(conversation: Conversation): void {
    const present = [...conversation.members.values()].filter((member) => !member.gone);
    if (present.some((member) => member.owner)) return;
    const [heir] = present.sort((a, b) => a.joined - b.joined || compareUint64(a.user.id, b.user.id));
    if (!heir) return;
    heir.owner = true;
    this.tables.conversations.save(heir);
  }

  delete(by: UserId, conversationId: string): Refusal | undefined {
    const conversation = this.ownedBy(by, conversationId);
    if ('refused' in conversation) return conversation;
    conversation.closed = true;
    const { conversations } = this.tables;
    conversations.write(conversation);
    for (const member of conversation.members.values()) {
      if (member.gone) continue;
      bumpFeed(member);
      conversations.save(member);
    }
    return undefined;
  }

  /** Nobody is reached by a group whom the same person may not reach directly (A5). */
  private mayAddAll(by: Sender, ids: readonly UserId[]): boolean {
    const { users } = this.tables;
    const adder = users.get(by.userId);
    return ids.every(
      (id) => id === by.userId || mayAddress(by, this.peers.of(users.get(id), adder), this.policy),
    );
  }

  private group(by: UserId, conversationId: string): Conversation | Refusal {
    const conversation = this.tables.conversations.get(conversationId);
    if (conversation?.name.kind !== 'group' || !presentMember(conversation, by)) return notAllowed;
    return conversation.closed ? refusal('CLOSED', 'the group was deleted') : conversation;
  }

  private ownedBy(by: UserId, conversationId: string): Conversation | Refusal {
    const conversation = this.group(by, conversationId);
    if ('refused' in conversation || conversation.members.get(by)?.owner) return conversation;
    return refusal('NOT_ALLOWED', "only a group's owner can change its members or delete it");
  }

  /**
   * Remembers who a token says somebody is. Who begins to serve becomes a member of all the service's conversations;
   * who no longer does, leaves them (D0): see {@link ServiceMembers} for what that asks.
   */
  register(sender: Sender, name: string | undefined): void {
    const { users } = this.tables;
    const user = users.get(sender.userId);
    const served = serves(user.role);
    user.role = sender.role;
    user.name = name ?? user.name;
    if (serves(user.role) !== served) this.serviceMembers.set(user, !served);
    users.write(user);
  }
}
