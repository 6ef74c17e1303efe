import { type Millis, type Position, raise, readBySending, type Seq, type UserId } from '@skein/chat';
import type { LogEntry, MemberPosition } from './entry.ts';
import { typingMs, typingUsers } from './limits.ts';

export const nowhere: Position = { delivered: 0, read: 0 };

/** How far the members of an open conversation are (R1), and who of them types. */
export class Members {
  /** Of everybody heard of, so that nothing said before the members are known is lost. */
  readonly #positions = new Map<UserId, Position>();
  /** Undefined until somebody said who they are. */
  #present: ReadonlySet<UserId> | undefined;
  readonly #typing = new Map<UserId, Millis>();
  #view: readonly MemberPosition[] = [];
  #typingView: readonly UserId[] = [];

  get positions(): readonly MemberPosition[] {
    return this.#view;
  }

  get typing(): readonly UserId[] {
    return this.#typingView;
  }

  /** Whether this is one of the members, as far as they are known. */
  has(userId: UserId): boolean {
    return this.#present?.has(userId) ?? false;
  }

  /** Positions only grow: what is smaller than known changes nothing. */
  raise(userId: UserId, { delivered, read }: Position): boolean {
    const before = this.#positions.get(userId) ?? nowhere;
    const after = raise(raise(before, 'delivered', delivered, delivered), 'read', read, read);
    if (after === before) return false;
    this.#positions.set(userId, after);
    this.#show();
    return true;
  }

  /** Who they are, from the server; or from the device, as long as the server has not said it. */
  replace(members: readonly MemberPosition[], from: 'server' | 'device'): void {
    for (const { userId, delivered, read } of members) this.raise(userId, { delivered, read });
    if (from === 'server' || !this.#present) this.#present = new Set(members.map(({ userId }) => userId));
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

  /** How far all others in a group are; nowhere while nobody said who they are. */
  everybody(except: UserId): Position {
    const others = [...(this.#present ?? [])].filter((userId) => userId !== except);
    const positions = others.map((userId) => this.#positions.get(userId) ?? nowhere);
    if (positions.length === 0) return nowhere;
    return {
      delivered: Math.min(...positions.map(({ delivered }) => delivered)),
      read: Math.min(...positions.map(({ read }) => read)),
    };
  }

  /** How far each of those heard of is. */
  get heard(): Iterable<readonly [UserId, Position]> {
    return this.#positions;
  }

  #show(): void {
    this.#view = Array.from(this.#present ?? [], (userId) => {
      const { delivered, read } = this.#positions.get(userId) ?? nowhere;
      return { userId, delivered, read };
    });
  }

  #showTyping(): void {
    this.#typingView = [...this.#typing.keys()];
  }
}

/** What an own entry's state is when the others are at this position. */
export function stateAt(seq: Seq, { delivered, read }: Position): 'sent' | 'delivered' | 'read' {
  return read >= seq ? 'read' : delivered >= seq ? 'delivered' : 'sent';
}
