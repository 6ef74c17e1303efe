import {
  type AmendPolicy,
  defaultAmendPolicy,
  defaultReplyPolicy,
  MessageType,
  type Millis,
  mayAmend,
  raise,
  readBySending,
  repeatOf,
} from '@skein/chat';
import {
  draftContent,
  draftExtend,
  groupConversation,
  limits,
  parseConversationId,
  type Refusal,
  refusal,
  type UserId,
} from '@skein/protocol';
import {
  type Append,
  type ConversationSummary,
  type Feed,
  type Found,
  factsOf,
  IdSequence,
  type InboxPosition,
  type Members,
  type Missed,
  type Operation,
  type Outcome,
  type Page,
  type PageRange,
  type Raise,
  type Reader,
  type SavedSession,
  type SearchQuery,
  type Sender,
  type Store,
  type StorePolicy,
  timeOfId,
  type UnreadStatics,
} from '@skein/server/parts';
import { type ModelData, serves } from './model-data.ts';
import { type Kept, type Member, Room } from './room.ts';

const notAllowed = refusal('NOT_ALLOWED', 'no such conversation, or not a member');
const deleted = refusal('CLOSED', 'the group was deleted');

export interface ModelStoreOptions {
  readonly policy?: Partial<StorePolicy>;
  readonly clock: () => Millis;
}

/**
 * A store of arrays, as plain as the rules allow: each operation takes effect at once, and all that can be counted is
 * counted anew. It keeps nothing but its data, which outlives it.
 */
export class ModelStore implements Store {
  readonly data: ModelData;
  readonly healthy = true;
  readonly #policy: StorePolicy;
  readonly #clock: () => Millis;
  readonly #ids: IdSequence;

  constructor(data: ModelData, { policy, clock }: ModelStoreOptions) {
    this.data = data;
    this.#clock = clock;
    this.#policy = { reply: defaultReplyPolicy, amend: defaultAmendPolicy, direct: 'everyone', ...policy };
    this.#ids = new IdSequence(data.lastGiven);
  }

  get epoch(): string {
    return this.data.epoch;
  }

  async commit(operations: readonly Operation[]): Promise<readonly Outcome[]> {
    return operations.map((one) => (one.type === 'append' ? this.#append(one) : this.#raise(one)));
  }

  #append(operation: Append): Outcome {
    const { sender, conversationId } = operation;
    const room = this.data.rooms.get(conversationId);
    const refused = room ? this.#refused(operation, room) : this.#mayBegin(operation);
    const before = room && this.#storedBefore(operation, room);
    if (before) return before;
    if (refused) return refused;
    return this.#store(operation, room ?? this.#begin(operation), sender.userId);
  }

  #refused(operation: Append, room: Room): Refusal | undefined {
    if (!room.present(operation.sender.userId)) return notAllowed;
    if (room.closed) return deleted;
    if (!amends(operation)) return undefined;
    const { draft, sender } = operation;
    const target = room.entry(draft.targetSeq ?? 0);
    const facts = target?.recalledBy === undefined ? target?.facts : undefined;
    const kind = draft.messageType === MessageType.RECALL ? 'recall' : 'edit';
    const policy: AmendPolicy = this.#policy.amend;
    return mayAmend(kind, sender.userId, facts, this.#clock(), policy) === true ? undefined : notAllowed;
  }

  #mayBegin(operation: Append): Refusal | undefined {
    const { sender, name } = operation;
    if (!isOwn(sender, name) || amends(operation)) return notAllowed;
    if (name.kind !== 'dm') return undefined;
    const peer = name.a === sender.userId ? name.b : name.a;
    return this.#mayAddress(sender, peer) ? undefined : notAllowed;
  }

  /** A5, also for whom one adds to a group. */
  #mayAddress(sender: Sender, peer: UserId): boolean {
    const { direct } = this.#policy;
    if (peer === sender.userId || direct === 'everyone' || serves(sender.role)) return true;
    if (serves(this.data.users.get(peer)?.role)) return true;
    const together = (room: Room) =>
      room.name.kind === 'group' && !room.closed && room.present(peer) && room.present(sender.userId);
    return direct === 'common-group' && this.data.roomList.some(together);
  }

  #begin({ conversationId, name, sender }: Append): Room {
    const room = this.data.add(new Room(conversationId, name));
    const members = new Set<UserId>();
    if (name.kind === 'dm') members.add(sender.userId).add(name.a).add(name.b);
    else if (name.kind === 'cs') members.add(name.customer);
    if (name.kind !== 'dm') for (const id of this.data.servants()) members.add(id);
    for (const id of members) this.data.join(room, id);
    return room;
  }

  #store(operation: Append, room: Room, senderId: UserId): Outcome {
    const { draft, origin } = operation;
    const id = this.#ids.next(this.#clock());
    this.data.lastId = id;
    this.data.lastGiven = id;
    const row = { id, seq: room.head + 1, senderId, origin, recalledBy: undefined, payload: draft.payload };
    const kept: Kept = { ...row, draft, facts: factsOf(room.name, row, draft) };
    room.append(kept);
    const member = room.present(senderId);
    const readBefore = member?.read;
    if (member) Object.assign(member, readBySending(member, kept.facts.contextSeq, kept.seq - 1));
    for (const userId of room.presentIds()) this.data.bump(room.members.get(userId)!);
    return {
      type: 'stored',
      entry: room.show(kept),
      repeat: false,
      members: room.presentIds(),
      senderRead: member?.read === readBefore ? undefined : member?.read,
    };
  }

  /** I1, I2. */
  #storedBefore({ draft, sender }: Append, room: Room): Outcome | undefined {
    if (draft.clientMessageId === 0n) return undefined;
    const before = room.byKey(sender.userId, draft.clientMessageId);
    if (!before) return undefined;
    return repeatOf(contentOf(before.draft), contentOf(draft)) === 'conflict'
      ? refusal('CONFLICT', 'this client_message_id was used before for other content')
      : { type: 'stored', entry: room.show(before), repeat: true, members: [], senderRead: undefined };
  }

  #raise({ userId, conversationId, kind, seq }: Raise): Outcome {
    const room = this.data.rooms.get(conversationId);
    const member = room?.present(userId);
    if (!room || !member) return notAllowed;
    const raised = raise(member, kind, seq, room.head);
    const changed = raised !== member;
    const isRead = raised.read > member.read;
    const position = { delivered: raised.delivered, read: raised.read };
    Object.assign(member, position);
    if (isRead) this.data.bump(member);
    const { version } = this.data.user(userId);
    return {
      type: 'raised',
      position,
      changed,
      unread: room.unread(member),
      version,
      members: room.presentIds(),
    };
  }

  async page(reader: Reader, conversationId: string, range: PageRange): Promise<Page | Refusal> {
    const room = this.data.rooms.get(conversationId);
    const firstSeq = room?.firstReadable(reader.userId);
    if (!room || firstSeq === undefined)
      return this.#notBegun(reader, conversationId) ? { headSeq: 0, firstSeq: 1, entries: [] } : notAllowed;
    const { limit, afterSeq, beforeSeq = room.head + 1 } = range;
    const readable = room.log.slice(firstSeq - 1);
    const entries =
      afterSeq === undefined
        ? readable.filter(({ seq }) => seq < beforeSeq).slice(-limit)
        : readable.filter(({ seq }) => seq > afterSeq).slice(0, limit);
    return { headSeq: room.head, firstSeq, entries: entries.map((kept) => room.show(kept)) };
  }

  #notBegun(reader: Reader, conversationId: string): boolean {
    const name = parseConversationId(conversationId);
    return !this.data.rooms.has(conversationId) && name !== undefined && isOwn(reader, name);
  }

  async missed(userId: UserId, after: InboxPosition, limit: number): Promise<Missed> {
    const found: { room: Room; kept: Kept }[] = [];
    for (const room of this.data.roomsOf(userId)) {
      const first = room.firstReadable(userId) ?? Number.POSITIVE_INFINITY;
      for (let seq = room.head; seq >= first && room.entry(seq)!.id > after.id; seq--)
        found.push({ room, kept: room.entry(seq)! });
    }
    found.sort((a, b) => (a.kept.id < b.kept.id ? -1 : 1));
    const more = found.length > limit;
    const entries = found.slice(0, limit).map(({ room, kept }) => room.show(kept));
    const position = more
      ? { id: entries.at(-1)!.id, version: after.version }
      : await this.inboxPosition(userId);
    return { entries, position, more };
  }

  async inboxPosition(userId: UserId): Promise<InboxPosition> {
    return { id: this.data.lastId, version: this.data.user(userId).version };
  }

  async feed(userId: UserId, sinceVersion: number, limit: number): Promise<Feed> {
    const changed = this.#members(userId).filter(({ member }) => member.version > sinceVersion);
    changed.sort((a, b) => a.member.version - b.member.version);
    return {
      version: this.data.user(userId).version,
      changes: changed.slice(0, limit).map(({ room, member }) => this.#summary(room, member)),
      more: changed.length > limit,
    };
  }

  async unread(userId: UserId, limit: number): Promise<UnreadStatics> {
    const all = this.#members(userId).map(({ room, member }) => this.#summary(room, member));
    const waiting = all.filter(({ reply }) => reply.waiting);
    const listed = all.filter(({ unread, reply }) => unread > 0 || reply.waiting);
    return {
      version: this.data.user(userId).version,
      totalUnread: all.reduce((sum, { unread }) => sum + unread, 0),
      totalUnreplied: waiting.length,
      conversations: listed.sort((a, b) => b.version - a.version).slice(0, limit),
    };
  }

  #members(userId: UserId): { room: Room; member: Member }[] {
    return this.data.roomsOf(userId).map((room) => ({ room, member: room.members.get(userId)! }));
  }

  #summary(room: Room, member: Member): ConversationSummary {
    const left = member.gone;
    const last = room.name.kind === 'group' && room.head <= member.joined ? undefined : room.log.at(-1);
    return {
      conversationId: room.id,
      version: member.version,
      lastSeq: left ? 0 : room.head,
      readSeq: member.read,
      unread: room.unread(member),
      reply: left ? { answeredSeq: 0, waiting: undefined } : room.reply(this.#policy.reply),
      left,
      closed: !left && room.closed,
      lastEntry: left || !last ? undefined : room.show(last),
      updateTime: left ? 0 : timeOfId(room.lastId),
    };
  }

  async members(reader: Reader, conversationId: string): Promise<Members | Refusal> {
    const room = this.data.rooms.get(conversationId);
    if (room?.present(reader.userId)) return this.#membersOf(room);
    return this.#notBegun(reader, conversationId) ? { name: undefined, headSeq: 0, members: [] } : notAllowed;
  }

  #membersOf(room: Room): Members {
    const members = room.presentIds().map((userId) => {
      const { owner, joined, delivered, read } = room.members.get(userId)!;
      return { userId, name: this.data.users.get(userId)?.name, owner, joined, delivered, read };
    });
    return { name: room.title, headSeq: room.head, members };
  }

  async search(reader: Reader, query: SearchQuery): Promise<Found | Refusal> {
    const { conversationId, beforeId, limit } = query;
    const only = conversationId === undefined ? undefined : this.data.rooms.get(conversationId);
    if (conversationId !== undefined && !only?.present(reader.userId)) return notAllowed;
    const text = query.text.toLowerCase();
    const found = (only ? [only] : this.data.roomsOf(reader.userId))
      .flatMap((room) => {
        const first = room.firstReadable(reader.userId) ?? Number.POSITIVE_INFINITY;
        return room.log.filter(({ seq }) => seq >= first).map((kept) => ({ room, kept }));
      })
      .filter(({ kept }) => kept.recalledBy === undefined && (beforeId === undefined || kept.id < beforeId))
      .filter(({ kept }) => draftContent(kept.draft).toLowerCase().includes(text))
      .sort((a, b) => (a.kept.id < b.kept.id ? 1 : -1))
      .slice(0, limit)
      .map(({ room, kept }) => room.show(kept));
    return { entries: found, nextBeforeId: found.length === limit ? found.at(-1)!.id : undefined };
  }

  async register(sender: Sender, name: string | undefined): Promise<void> {
    const user = this.data.user(sender.userId);
    const served = serves(user.role);
    user.role = sender.role;
    user.name = name ?? user.name;
    if (serves(user.role) === served) return;
    for (const room of this.data.roomList.toSorted((a, b) => (a.lastId < b.lastId ? -1 : 1))) {
      if (room.name.kind !== 'cs' && room.name.kind !== 'note') continue;
      const member = room.present(sender.userId);
      if (!served && !member) this.data.join(room, sender.userId);
      const own = room.name.kind === 'cs' && room.name.customer === sender.userId;
      if (served && member && !own) {
        room.leave(member);
        this.data.bump(member);
      }
    }
  }

  async createGroup(owner: Sender, name: string, members: readonly UserId[]) {
    if (!members.every((id) => this.#mayAddress(owner, id))) return notAllowed;
    const id = this.#ids.next(this.#clock());
    this.data.lastGiven = id;
    const groupId = id.toString();
    const conversationId = groupConversation(groupId);
    const room = this.data.add(new Room(conversationId, { kind: 'group', groupId }, id, name || undefined));
    for (const user of new Set([owner.userId, ...members])) this.data.join(room, user, user === owner.userId);
    return { groupId, conversationId };
  }

  async addMembers(by: Sender, conversationId: string, users: readonly UserId[]): Promise<Members | Refusal> {
    const room = this.#group(by.userId, conversationId, true);
    if (!(room instanceof Room)) return room;
    const joining = [...new Set(users)].filter((id) => !room.present(id));
    if (room.presentIds().length + joining.length > limits.maxGroupMembers)
      return refusal('TOO_LARGE', 'the group is full');
    if (!joining.every((id) => this.#mayAddress(by, id))) return notAllowed;
    for (const id of joining) this.data.join(room, id);
    return this.#membersOf(room);
  }

  async removeMembers(
    by: UserId,
    conversationId: string,
    users: readonly UserId[],
  ): Promise<Members | Refusal> {
    const room = this.#group(by, conversationId, !users.every((id) => id === by));
    if (!(room instanceof Room)) return room;
    for (const id of users) {
      const member = room.present(id);
      if (!member) continue;
      room.leave(member);
      this.data.bump(member);
    }
    room.keepAnOwner();
    return this.#membersOf(room);
  }

  async deleteGroup(by: UserId, conversationId: string): Promise<Refusal | undefined> {
    const room = this.#group(by, conversationId, true);
    if (!(room instanceof Room)) return room;
    room.closed = true;
    for (const userId of room.presentIds()) this.data.bump(room.members.get(userId)!);
    return undefined;
  }

  #group(by: UserId, conversationId: string, asOwner: boolean): Room | Refusal {
    const room = this.data.rooms.get(conversationId);
    const member = room?.present(by);
    if (room?.name.kind !== 'group' || !member) return notAllowed;
    if (room.closed) return deleted;
    return asOwner && !member.owner ? refusal('NOT_ALLOWED', 'only an owner may do that') : room;
  }

  async loadSession(userId: UserId, clientId: string): Promise<SavedSession | undefined> {
    return this.data.sessions.get(`${userId} ${clientId}`);
  }

  async saveSessions(sessions: readonly SavedSession[]): Promise<void> {
    for (const session of sessions) this.data.sessions.set(`${session.userId} ${session.clientId}`, session);
  }

  async deleteSession(userId: UserId, clientId: string): Promise<void> {
    this.data.sessions.delete(`${userId} ${clientId}`);
  }

  async expireSessions(endedBefore: Millis, limit: number): Promise<number> {
    const ended = [...this.data.sessions].filter(([, { endsAt }]) => endsAt < endedBefore).slice(0, limit);
    for (const [key] of ended) this.data.sessions.delete(key);
    return ended.length;
  }

  async check(): Promise<readonly string[]> {
    return [];
  }

  async close(): Promise<void> {}
}

function isOwn(reader: Reader, name: Append['name']): boolean {
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

function amends({ draft }: Append): boolean {
  return draft.messageType === MessageType.RECALL || draft.messageType === MessageType.EDIT;
}

function contentOf(draft: Append['draft']) {
  const extend = draftExtend(draft);
  return {
    content: draftContent(draft),
    messageType: draft.messageType,
    ...(draft.targetSeq !== undefined && { targetSeq: draft.targetSeq }),
    ...(draft.toReply !== undefined && { toReply: draft.toReply }),
    ...(extend !== undefined && { extend }),
  };
}
