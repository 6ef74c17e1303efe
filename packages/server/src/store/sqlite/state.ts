import type { Position, ReplyState, Seq } from '@skein/chat';
import type { ConversationName, UserId } from '@skein/protocol';
import type { Role } from '../store.ts';

/** A conversation in memory: the head of its log and what follows from it. */
export interface Conversation {
  readonly key: number;
  readonly id: string;
  readonly name: ConversationName;
  title: string | undefined;
  closed: boolean;
  head: Seq;
  lastId: bigint;
  reply: ReplyState;
  readonly members: Map<UserId, Member>;
  /** Those of the members who have not left; made anew when somebody joins or leaves. */
  present: readonly UserId[] | undefined;
  /** Changed since it was written; then all of its present members are dirty as well. */
  dirty: boolean;
  /** What the row says: whether something waits. */
  savedWaiting: boolean;
}

/** One member of one conversation. */
export interface Member extends Position {
  readonly conversation: Conversation;
  readonly user: User;
  joined: Seq;
  owner: boolean;
  /** No longer a member. The row stays, so that the user's feed can say so. */
  gone: boolean;
  delivered: Seq;
  read: Seq;
  unread: number;
  /** The user's feed version at the last change. */
  version: number;
  /** The head up to which this row has been counted. */
  applied: Seq;
  /** What the row says. */
  savedUnread: number;
}

export interface User {
  readonly id: UserId;
  readonly key: bigint;
  role: Role | undefined;
  name: string | undefined;
  /** The version of the user's feed. */
  version: number;
  /** The memberships that changed since their rows were written, and with them the version. */
  readonly dirtyMembers: Set<Member>;
}

/** What a member sees of a conversation has changed: the user's feed goes one version up. */
export function bumpFeed(member: Member): void {
  member.user.version += 1;
  member.version = member.user.version;
  member.user.dirtyMembers.add(member);
}

/** The members of now: those who may see what is committed. */
export function presentMembers(conversation: Conversation): readonly UserId[] {
  conversation.present ??= [...conversation.members.values()]
    .filter((member) => !member.gone)
    .map((member) => member.user.id);
  return conversation.present;
}
