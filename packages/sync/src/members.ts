import { type Millis, type Position, raise, readBySending, type Seq, type UserId } from '@skein/chat';
import type { ConversationName } from '@skein/protocol';
import type { LogEntry, MemberPosition } from './entry.ts';
import { typingMs, typingUsers } from './limits.ts';

const nowhere: Position = { delivered: 0, read: 0 };

/** How far the members of an open conversation are (R1), and who of them types. */
export class Members {
  readonly #positions = new Map<UserId, Position>();
  readonly #typing = new Map<UserId, Millis>();
  #view: readonly MemberPosition[] = [];
  #typingView: readonly UserId[] = [];

  get positions(): readonly MemberPosition[] {
    return this.#view;
  }

  get typing(): readonly UserId[] {
    return this.#typingView;
  }

  has(userId: UserId): boolean {
    return this.#positions.has(userId);
  }

  /** Positions only grow: what is smaller than known changes nothing. */
  raise(userId: UserId, position: Position): boolean {
    const before = this.#positions.get(userId) ?? nowhere;
    const { delivered, read } = position;
    const after = raise(raise(before, 'delivered', delivered, delivered), 'read', read, read);
    if (after === before && this.#positions.has(userId)) return false;
    this.#positions.set(userId, after);
    this.#show();
    return true;
  }

  /** The server's word on who they are. */
  replace(members: readonly MemberPosition[]): void {
    const present = new Set(members.map(({ userId }) => userId));
    for (const userId of this.#positions.keys()) if (!present.has(userId)) this.#positions.delete(userId);
    for (const { userId, delivered, read } of members) this.raise(userId, { delivered, read });
    this.#show();
  }

  /** Who writes has stopped typing, and has read what they had seen (R3). */
  wrote({ senderId, contextSeq, seq }: LogEntry): void {
    if (this.#typing.delete(senderId)) this.#showTyping();
    const before = this.#positions.get(senderId);
    if (before !== undefined) this.raise(senderId, readBySending(before, contextSeq, seq - 1));
  }

  types(userId: UserId, now: Millis): void {
    if (this.#typing.size >= typingUsers && !this.#typing.has(userId)) return;
    this.#typing.set(userId, now + typingMs);
    this.#showTyping();
  }

  /** @returns whether anybody stopped. */
  expireTyping(now: Millis): boolean {
    const before = this.#typing.size;
    for (const [userId, until] of this.#typing) if (until <= now) this.#typing.delete(userId);
    if (this.#typing.size === before) return false;
    this.#showTyping();
    return true;
  }

  get typingDeadline(): Millis | undefined {
    return this.#typing.size === 0 ? undefined : Math.min(...this.#typing.values());
  }

  /** How far one's own entries have come: to the other person, to the whole group, to the other side of the service. */
  reached(userId: UserId, name: ConversationName): Position {
    const others = [...this.#positions].filter(([id]) => id !== userId);
    if (name.kind === 'group')
      return others.length === 0 ? nowhere : least(others.map(([, position]) => position));
    const isAgent = name.kind === 'cs' && name.customer !== userId;
    return furthest(
      others.filter(([id]) => !isAgent || id === name.customer).map(([, position]) => position),
    );
  }

  #show(): void {
    this.#view = Array.from(this.#positions, ([userId, { delivered, read }]) => ({
      userId,
      delivered,
      read,
    }));
  }

  #showTyping(): void {
    this.#typingView = [...this.#typing.keys()];
  }
}

function least(positions: readonly Position[]): Position {
  return {
    delivered: Math.min(...positions.map(({ delivered }) => delivered)),
    read: Math.min(...positions.map(({ read }) => read)),
  };
}

function furthest(positions: readonly Position[]): Position {
  return {
    delivered: Math.max(0, ...positions.map(({ delivered }) => delivered)),
    read: Math.max(0, ...positions.map(({ read }) => read)),
  };
}

/** What an own entry's state is when the others are at this position. */
export function stateAt(seq: Seq, { delivered, read }: Position): 'sent' | 'delivered' | 'read' {
  return read >= seq ? 'read' : delivered >= seq ? 'delivered' : 'sent';
}
