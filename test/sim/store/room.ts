import {
  applyReply,
  type EntryFacts,
  nothingAsked,
  type Position,
  type ReplyPolicy,
  type ReplyState,
  recalledBy,
  recountReply,
  recountUnread,
  type Seq,
} from '@skein/chat';
import { type ConversationName, compareUint64, type Draft, type UserId } from '@skein/protocol';
import { LogEntry } from '@skein/server/parts';

/** An entry as it is kept. Never changed: a recall puts another in its place. */
export interface Kept {
  readonly id: bigint;
  readonly seq: Seq;
  readonly senderId: UserId;
  readonly origin: number;
  readonly recalledBy: Seq | undefined;
  readonly payload: Uint8Array;
  readonly draft: Draft;
  readonly facts: EntryFacts;
}

export interface Member extends Position {
  readonly userId: UserId;
  delivered: Seq;
  read: Seq;
  joined: Seq;
  owner: boolean;
  gone: boolean;
  /** Of the user's feed, at the last change. */
  version: number;
}

/** One conversation: an array of entries, and its members. Whatever can be counted is counted when asked for. */
export class Room {
  readonly id: string;
  readonly name: ConversationName;
  title: string | undefined;
  closed = false;
  /** Of the last entry, or of the group when it was made. */
  lastId: bigint;
  log: Kept[] = [];
  members = new Map<UserId, Member>();
  #present: readonly UserId[] | undefined;
  #byKey = new Map<string, Seq>();
  #reply: { readonly head: Seq; readonly state: ReplyState } = { head: 0, state: nothingAsked };
  #unread = new WeakMap<Member, { readonly head: Seq; readonly read: Seq; readonly count: number }>();

  constructor(id: string, name: ConversationName, lastId = 0n, title?: string) {
    this.id = id;
    this.name = name;
    this.lastId = lastId;
    this.title = title;
  }

  /** As it stands now, untouched by what comes. */
  copy(): Room {
    const copy = new Room(this.id, this.name, this.lastId, this.title);
    copy.closed = this.closed;
    copy.log = [...this.log];
    copy.members = new Map(Array.from(this.members, ([id, member]) => [id, { ...member }]));
    copy.#byKey = new Map(this.#byKey);
    return copy;
  }

  get head(): Seq {
    return this.log.length;
  }

  entry(seq: Seq): Kept | undefined {
    return this.log[seq - 1];
  }

  show(kept: Kept): LogEntry {
    return new LogEntry(this.id, this.name, kept, kept.draft);
  }

  byKey(sender: UserId, key: bigint): Kept | undefined {
    const seq = this.#byKey.get(`${sender} ${key}`);
    return seq === undefined ? undefined : this.entry(seq);
  }

  append(kept: Kept): void {
    this.log.push(kept);
    this.lastId = kept.id;
    if (kept.draft.clientMessageId !== 0n)
      this.#byKey.set(`${kept.senderId} ${kept.draft.clientMessageId}`, kept.seq);
    const target = recalledBy(kept.facts);
    const recalled = target === undefined ? undefined : this.entry(target);
    if (recalled && recalled.recalledBy === undefined)
      this.log[recalled.seq - 1] = { ...recalled, recalledBy: kept.seq };
  }

  present(userId: UserId): Member | undefined {
    const member = this.members.get(userId);
    return member?.gone ? undefined : member;
  }

  presentIds(): readonly UserId[] {
    this.#present ??= [...this.members.values()].filter(({ gone }) => !gone).map(({ userId }) => userId);
    return this.#present;
  }

  /** From the head on (N3). */
  join(userId: UserId, owner = false): Member {
    const { head } = this;
    const member = { userId, joined: head, delivered: head, read: head, owner, gone: false, version: 0 };
    this.members.set(userId, member);
    this.#present = undefined;
    return member;
  }

  leave(member: Member): void {
    member.gone = true;
    this.#present = undefined;
  }

  /** When the last owner has left, who has been a member longest goes on. */
  keepAnOwner(): void {
    const present = [...this.members.values()].filter(({ gone }) => !gone);
    if (present.some(({ owner }) => owner)) return;
    const [heir] = present.sort((a, b) => a.joined - b.joined || compareUint64(a.userId, b.userId));
    if (heir) heir.owner = true;
  }

  firstReadable(userId: UserId): Seq | undefined {
    const member = this.present(userId);
    if (!member) return undefined;
    return this.name.kind === 'group' ? member.joined + 1 : 1;
  }

  unread(member: Member): number {
    if (member.gone || this.name.kind === 'note') return 0;
    const known = this.#unread.get(member);
    if (known?.head === this.head && known.read === member.read) return known.count;
    const after = this.log.slice(member.read).map(({ facts }) => facts);
    const count = recountUnread(after, member.userId, member.read);
    this.#unread.set(member, { head: this.head, read: member.read, count });
    return count;
  }

  reply(policy: ReplyPolicy): ReplyState {
    if (this.name.kind !== 'cs') return nothingAsked;
    const { head, state } = this.#reply;
    if (head === this.head) return state;
    const last = this.log.at(-1)!.facts;
    const facts = () => this.log.map((kept) => kept.facts);
    const next =
      head === this.head - 1
        ? applyReply(state, last, policy, (after) => {
            const rest = recountReply(facts(), policy).waiting;
            return rest && rest.seq > after ? rest : undefined;
          })
        : recountReply(facts(), policy);
    this.#reply = { head: this.head, state: next };
    return next;
  }
}
