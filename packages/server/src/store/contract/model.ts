import {
  type AmendPolicy,
  defaultAmendPolicy,
  defaultReplyPolicy,
  type EntryFacts,
  isAmendment,
  MessageType,
  mayAmend,
  nothingAsked,
  type Position,
  raise,
  recalledBy,
  recountReply,
  recountUnread,
} from '@skein/chat';
import { compareUint64, parseConversationId, type RefusalName, type UserId } from '@skein/protocol';
import type { ConversationSummary, Sender } from '../store.ts';
import type { Words } from './words.ts';

/** What a store must do, as plainly as it can be written: an array for each conversation, and recounts. */
export class Model {
  readonly rooms = new Map<string, Room>();
  private readonly roles = new Map<UserId, Sender['role']>();

  /** @param taken the id and time under which the store keeps the entry, if it does */
  append(
    sender: Sender,
    id: string,
    words: Words,
    now: number,
    taken: { id: bigint; time: number },
  ): Appended {
    const room = this.rooms.get(id);
    const before =
      words.key && room?.log.find((e) => e.key === words.key && e.facts.senderId === sender.userId);
    if (before) return same(before, words) ? { entry: before, repeat: true } : 'CONFLICT';
    if (room ? !present(room, sender.userId) : !this.mayBegin(sender, id)) return 'NOT_ALLOWED';
    if (room?.closed) return 'CLOSED';
    if (isAmendment(words.type ?? 0) && !mayAmendIn(room, sender, words, now)) return 'NOT_ALLOWED';
    return { entry: this.store(room ?? this.begin(id), sender, words, taken), repeat: false };
  }

  private mayBegin({ userId }: Sender, id: string): boolean {
    const name = parseConversationId(id)!;
    if (name.kind === 'dm') return name.a === userId || name.b === userId;
    if (name.kind === 'cs') return name.customer === userId || this.serves(userId);
    return name.kind === 'note' && this.serves(userId);
  }

  private begin(id: string): Room {
    const name = parseConversationId(id)!;
    const room: Room = { id, name, log: [], members: new Map(), closed: false };
    this.rooms.set(id, room);
    if (name.kind === 'dm') for (const user of [name.a, name.b]) join(room, user);
    else for (const user of this.servants()) join(room, user);
    if (name.kind === 'cs') join(room, name.customer);
    return room;
  }

  private store(room: Room, sender: Sender, words: Words, { id, time }: { id: bigint; time: number }): Kept {
    const seq = room.log.length + 1;
    const { type = 1, context, target, toReply, postProc } = words;
    const service = room.name.kind === 'cs' || room.name.kind === 'note';
    const facts: EntryFacts = {
      seq,
      senderId: sender.userId,
      time,
      messageType: type,
      fromCustomer: room.name.kind === 'cs' && room.name.customer === sender.userId,
      ...(context !== undefined && { contextSeq: context }),
      ...(target !== undefined && { targetSeq: target }),
      ...(service && toReply !== undefined && { toReply }),
      ...(service && postProc !== undefined && { postProc }),
    };
    const kept: Kept = { id, facts, key: words.key ?? 0n, words };
    room.log.push(kept);
    const member = room.members.get(sender.userId)!;
    if (context !== undefined) Object.assign(member, raise(member, 'read', context, seq - 1));
    return kept;
  }

  raise(userId: UserId, id: string, kind: 'delivered' | 'read', seq: number): Position | RefusalName {
    const room = this.rooms.get(id);
    const member = room && present(room, userId);
    if (!member) return 'NOT_ALLOWED';
    Object.assign(member, raise(member, kind, seq, room.log.length));
    return member;
  }

  register({ userId, role }: Sender): void {
    const served = this.serves(userId);
    this.roles.set(userId, role);
    if (this.serves(userId) === served) return;
    for (const room of this.rooms.values()) {
      if (room.name.kind !== 'cs' && room.name.kind !== 'note') continue;
      const own = room.name.kind === 'cs' && room.name.customer === userId;
      if (!served && !present(room, userId)) join(room, userId);
      if (served && !own) leave(room, userId);
    }
  }

  createGroup(id: string, owner: UserId, users: readonly UserId[]): void {
    const name = parseConversationId(id)!;
    const room: Room = { id, name, log: [], members: new Map(), closed: false };
    this.rooms.set(id, room);
    for (const user of new Set([owner, ...users])) join(room, user).owner = user === owner;
  }

  change(kind: 'add' | 'remove' | 'delete', by: UserId, id: string, users: readonly UserId[]): boolean {
    const room = this.rooms.get(id);
    const member = room && present(room, by);
    if (!member || room.name.kind !== 'group' || room.closed) return false;
    const leaves = kind === 'remove' && users.every((user) => user === by);
    if (!member.owner && !leaves) return false;
    if (kind === 'delete') room.closed = true;
    for (const user of users) {
      if (kind === 'add' && !present(room, user)) join(room, user);
      if (kind === 'remove') leave(room, user);
    }
    keepAnOwner(room);
    return true;
  }

  /** What a user's list shows of each conversation, by its id. */
  list(userId: UserId): Map<string, View> {
    const views = new Map<string, View>();
    for (const room of this.rooms.values()) {
      const member = room.members.get(userId);
      if (member) views.set(room.id, view(room, userId, member));
    }
    return views;
  }

  /** Ids of what a user may see after an id, in the order of storing. */
  missed(userId: UserId, after: bigint): bigint[] {
    return [...this.rooms.values()]
      .flatMap((room) => visible(room, userId))
      .map((entry) => entry.id)
      .filter((id) => id > after)
      .sort((a, b) => (a < b ? -1 : 1));
  }

  visible(userId: UserId, id: string): Kept[] {
    const room = this.rooms.get(id);
    return room ? visible(room, userId) : [];
  }

  private serves(userId: UserId): boolean {
    return (this.roles.get(userId) ?? 'customer') !== 'customer';
  }

  private servants(): UserId[] {
    return [...this.roles.keys()].filter((user) => this.serves(user));
  }
}

export type Appended = { readonly entry: Kept; readonly repeat: boolean } | RefusalName;

export interface Kept {
  readonly id: bigint;
  readonly facts: EntryFacts;
  readonly key: bigint;
  readonly words: Words;
}

export interface Room {
  readonly id: string;
  readonly name: NonNullable<ReturnType<typeof parseConversationId>>;
  readonly log: Kept[];
  readonly members: Map<UserId, RoomMember>;
  closed: boolean;
}

interface RoomMember extends Position {
  joined: number;
  owner: boolean;
  gone: boolean;
}

export type View = Pick<
  ConversationSummary,
  'left' | 'closed' | 'lastSeq' | 'readSeq' | 'unread' | 'reply'
> & {
  readonly lastId: bigint | undefined;
};

function view(room: Room, userId: UserId, member: RoomMember): View {
  const facts = room.log.map((entry) => entry.facts);
  const left = member.gone;
  return {
    left,
    closed: !left && room.closed,
    lastSeq: left ? 0 : facts.length,
    readSeq: member.read,
    unread: left || room.name.kind === 'note' ? 0 : recountUnread(facts, userId, member.read),
    reply: left || room.name.kind !== 'cs' ? nothingAsked : recountReply(facts, defaultReplyPolicy),
    lastId: visible(room, userId).at(-1)?.id,
  };
}

function visible(room: Room, userId: UserId): Kept[] {
  const member = present(room, userId);
  if (!member) return [];
  return room.name.kind === 'group' ? room.log.slice(member.joined) : room.log;
}

function present(room: Room, userId: UserId): RoomMember | undefined {
  const member = room.members.get(userId);
  return member?.gone ? undefined : member;
}

function join(room: Room, userId: UserId): RoomMember {
  const at = room.log.length;
  const member = { joined: at, owner: false, gone: false, delivered: at, read: at };
  room.members.set(userId, member);
  return member;
}

function leave(room: Room, userId: UserId): void {
  const member = present(room, userId);
  if (member) member.gone = true;
}

function keepAnOwner(room: Room): void {
  const members = [...room.members].filter(([, member]) => !member.gone);
  if (members.some(([, member]) => member.owner)) return;
  const [heir] = members.sort(([a, x], [b, y]) => x.joined - y.joined || compareUint64(a, b));
  if (heir) heir[1].owner = true;
}

const policy: AmendPolicy = defaultAmendPolicy;

function mayAmendIn(room: Room | undefined, sender: Sender, words: Words, now: number): boolean {
  const target = room?.log.find((entry) => entry.facts.seq === words.target)?.facts;
  const recalled = room?.log.some((entry) => target && recalledBy(entry.facts) === target.seq);
  const kind = words.type === MessageType.RECALL ? 'recall' : 'edit';
  return mayAmend(kind, sender.userId, recalled ? undefined : target, now, policy) === true;
}

function same(before: Kept, { text, type, target }: Words): boolean {
  const { words } = before;
  return words.text === text && words.type === type && words.target === target;
}
