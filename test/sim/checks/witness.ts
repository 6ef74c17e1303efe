import {
  answersUpTo,
  asks,
  defaultReplyPolicy,
  type EntryFacts,
  type Millis,
  type Position,
  recalledBy,
  recountReply,
  recountUnread,
  type Seq,
  type UserId,
} from '@skein/chat';
import { type ConversationName, draftContent, isRefusal, parseConversationId } from '@skein/protocol';
import {
  type Append,
  factsOf,
  type Operation,
  type Outcome,
  type Raise,
  type Stored,
} from '@skein/server/parts';
import type { Marker } from '../markers.ts';
import { must } from './violation.ts';

/** An entry that is on the server's disk, as the witness saw it. */
export interface Seen {
  readonly seq: Seq;
  readonly id: bigint;
  readonly messageId: string;
  readonly senderId: UserId;
  readonly key: string;
  readonly content: string;
  readonly facts: EntryFacts;
  /** Who was a member when it was stored. */
  readonly members: ReadonlySet<UserId>;
  /** The true time of its storing. */
  readonly at: Millis;
}

/** A conversation's log and positions in one epoch. */
export interface SeenLog {
  readonly name: ConversationName;
  readonly entries: Seen[];
  readonly byKey: Map<string, Seen>;
  readonly positions: Map<UserId, Position>;
}

/** What people wanted to send, by sender and key: what is stored must be among it. */
export interface Wanted {
  readonly device: string;
  readonly senderId: UserId;
  readonly contents: Set<string>;
  /** Its place among the sends of its device; undefined when it may come at any place. */
  order: number | undefined;
  /** The key stands for more than one thing. */
  isReused: boolean;
}

const revocationMs: Millis = 5_000;

/** What a restore brings back. */
export interface Backup {
  readonly logs: Epoch;
  readonly groups: ReadonlyMap<string, ReadonlySet<UserId>>;
}

/** All epochs of the store. Restoring a backup begins a new one with what the backup holds. */
type Epoch = Map<string, SeenLog>;

/**
 * Sees every transaction when it reaches the disk, and holds it against the rules. Later it is asked what is true:
 * what devices show must agree with it.
 */
export class Witness {
  readonly wanted = new Map<string, Wanted>();
  readonly epochs = new Map<string, Epoch>();
  /** Called for each entry that is stored. */
  onStored: (conversationId: string, entry: Seen) => void = () => {};
  /** How far a device of this user has the log of a conversation on its own disk, at the most. */
  keptUpTo: (epoch: string, conversationId: string, userId: UserId) => Seq = () => Number.POSITIVE_INFINITY;
  reached = new Set<Marker>();
  /** The true time. */
  now: () => Millis = () => 0;
  /** When a user's tokens were revoked, and from when on there are new ones. */
  readonly revoked = new Map<UserId, { readonly at: Millis; readonly untilMs: Millis }>();
  /** Who is in a group, by what its changes answered. */
  readonly #groups = new Map<string, ReadonlySet<UserId>>();
  #epoch = '';
  #lastId = 0n;
  readonly #orders = new Map<string, number>();

  begin(epoch: string): void {
    this.#epoch = epoch;
    if (!this.epochs.has(epoch)) this.epochs.set(epoch, new Map());
  }

  /** What a restore of a backup made now would bring back. */
  backup(): Backup {
    const logs = new Map(Array.from(this.#logs, ([id, log]) => [id, copyOf(log)]));
    return { logs, groups: new Map(this.#groups) };
  }

  restore({ logs, groups }: Backup, epoch: string): void {
    this.#groups.clear();
    for (const [id, members] of groups) this.#groups.set(id, members);
    this.epochs.set(epoch, new Map(Array.from(logs, ([id, log]) => [id, copyOf(log)])));
    this.#epoch = epoch;
    this.#lastId = 0n;
    // What was stored before the restore may be stored again, after what was written since.
    this.#orders.clear();
  }

  membersAre(conversationId: string, members: readonly UserId[]): void {
    if (members.length < (this.#groups.get(conversationId)?.size ?? 0))
      this.reached.add('a conversation was left');
    this.#groups.set(conversationId, new Set(members));
  }

  get epoch(): string {
    return this.#epoch;
  }

  get #logs(): Epoch {
    return this.epochs.get(this.#epoch)!;
  }

  get current(): ReadonlyMap<string, SeenLog> {
    return this.#logs;
  }

  log(epoch: string, conversationId: string): SeenLog | undefined {
    return this.epochs.get(epoch)?.get(conversationId);
  }

  committed(operations: readonly Operation[], outcomes: readonly Outcome[]): void {
    operations.forEach((operation, index) => {
      const outcome = outcomes[index]!;
      if (operation.type === 'append') this.#appended(operation, outcome);
      else this.#raised(operation, outcome);
    });
  }

  #obtain(conversationId: string): SeenLog {
    let log = this.#logs.get(conversationId);
    if (!log) {
      const name = parseConversationId(conversationId)!;
      log = { name, entries: [], byKey: new Map(), positions: new Map() };
      this.#logs.set(conversationId, log);
    }
    return log;
  }

  #appended(operation: Append, outcome: Outcome): void {
    const { conversationId, sender, draft } = operation;
    const key = `${sender.userId} ${draft.clientMessageId}`;
    const before = this.#logs.get(conversationId)?.byKey.get(key);
    if (isRefusal(outcome)) {
      if (outcome.refused === 'NOT_ALLOWED') this.reached.add('a stranger wrote');
      if (outcome.refused !== 'CONFLICT') return;
      this.reached.add('a key was used for other content');
      must(before !== undefined, 'I2', () => `${key} in ${conversationId} conflicts with nothing`);
      return;
    }
    must(outcome.type === 'stored', 'I1', () => `a send ended as ${outcome.type}`);
    const content = draftContent(draft);
    if (before) {
      this.reached.add('a retry was told its first answer');
      must(outcome.repeat, 'I1', () => `${conversationId} has ${key} as ${before.seq} and stored it again`);
      must(
        outcome.entry.seq === before.seq && outcome.entry.id === before.id,
        'I1',
        () => `the retry of ${key} was told ${outcome.entry.seq} and the first attempt ${before.seq}`,
      );
      must(before.content === content, 'I2', () => `${key} was used for other content and not refused`);
      return;
    }
    must(!outcome.repeat, 'L1', () => `${key} in ${conversationId} is said to be stored, and is not`);
    this.#stored(operation, outcome, key, content);
  }

  #stored(
    { conversationId, draft, sender }: Append,
    { entry, members }: Stored,
    key: string,
    content: string,
  ) {
    const log = this.#obtain(conversationId);
    const expected = log.entries.length + 1;
    must(entry.seq === expected, 'O1', () => `${conversationId} got ${entry.seq} where ${expected} is next`);
    must(entry.id > this.#lastId, 'O1', () => `the id ${entry.id} does not grow`);
    this.#lastId = entry.id;
    const present = this.#groups.get(conversationId) ?? new Set(members);
    must(present.has(sender.userId), 'A1', () => `${sender.userId} wrote to ${conversationId} as a stranger`);
    this.#isWanted(key, conversationId, content, entry.seq);
    const facts = factsOf(log.name, { ...entry, payload: draft.payload, recalledBy: undefined }, draft);
    const seen: Seen = {
      seq: entry.seq,
      id: entry.id,
      messageId: entry.id.toString(),
      senderId: sender.userId,
      key,
      content,
      facts,
      members: present,
      at: this.now(),
    };
    log.entries.push(seen);
    if (draft.clientMessageId !== 0n) log.byKey.set(key, seen);
    if (facts.contextSeq !== undefined) {
      const read = Math.min(facts.contextSeq, seen.seq - 1);
      this.#grow(log, sender.userId, { delivered: read, read });
    }
    this.#mark(log, facts);
    this.onStored(conversationId, seen);
  }

  /** A1: a session ends within five seconds of its token's revocation. */
  mayHear(userId: UserId, conversationId: string, { at, seq }: Seen): void {
    const revoked = this.revoked.get(userId);
    if (!revoked || revoked.untilMs <= this.now()) return;
    must(
      at <= revoked.at + revocationMs,
      'A1',
      () => `${userId} is handed ${conversationId} #${seq}, stored ${at - revoked.at} ms after revocation`,
    );
  }

  #mark({ entries, positions }: SeenLog, facts: EntryFacts): void {
    const recalled = recalledBy(facts);
    const readByAll = Math.min(...Array.from(positions.values(), ({ read }) => read));
    if (recalled !== undefined && recalled > readByAll) this.reached.add('something unread was taken back');
    const upTo = answersUpTo(facts, defaultReplyPolicy);
    const crossed = (entry: Seen) => entry.seq > (upTo ?? 0) && asks(entry.facts, defaultReplyPolicy);
    if (upTo !== undefined && entries.slice(upTo).some(crossed))
      this.reached.add('an answer crossed a question');
  }

  /** What is stored comes from somewhere, and the sends of a device keep their order (O3). */
  #isWanted(key: string, conversationId: string, content: string, seq: Seq): void {
    const wanted = this.wanted.get(key);
    must(wanted !== undefined, 'I1', () => `${conversationId} #${seq} was never written: ${key}`);
    must(wanted.contents.has(content), 'I1', () => `${conversationId} #${seq} is not what was written`);
    if (wanted.order === undefined) return;
    const line = `${wanted.device} ${conversationId}`;
    const last = this.#orders.get(line) ?? 0;
    must(wanted.order > last, 'O3', () => `${key} is ${seq} in ${conversationId}, after a later one`);
    this.#orders.set(line, wanted.order);
  }

  #grow(log: SeenLog, userId: UserId, { delivered, read }: Position): void {
    const before = log.positions.get(userId) ?? { delivered: 0, read: 0 };
    const grown = {
      read: Math.max(before.read, read),
      delivered: Math.max(before.delivered, delivered, read),
    };
    log.positions.set(userId, grown);
  }

  #raised({ userId, conversationId, kind, seq }: Raise, outcome: Outcome): void {
    if (isRefusal(outcome)) return;
    must(outcome.type === 'raised', 'R1', () => `a receipt ended as ${outcome.type}`);
    const log = this.#obtain(conversationId);
    const before = log.positions.get(userId) ?? { delivered: 0, read: 0 };
    const { position, unread, changed } = outcome;
    const { delivered, read } = position;
    const head = log.entries.length;
    const said = `${userId} in ${conversationId}: ${delivered}/${read}`;
    must(read <= delivered && delivered <= head, 'R1', () => `${said} of ${head}`);
    must(
      delivered >= before.delivered && read >= before.read,
      'R1',
      () => `${said}, before ${before.delivered}/${before.read}`,
    );
    const kept = this.keptUpTo(this.#epoch, conversationId, userId);
    must(
      kind === 'read' || !changed || delivered <= kept,
      'R2',
      () => `${said} after a receipt for ${seq}, and no device has more than ${kept}`,
    );
    const counted = this.unread(log, userId, read, head);
    must(unread === counted, 'N2', () => `${said}: ${unread} unread, the log says ${counted}`);
    this.#grow(log, userId, position);
  }

  /** By definition (N1), as of an entry. */
  unread({ name, entries }: SeenLog, userId: UserId, read: Seq, upTo: Seq): number {
    if (name.kind === 'note') return 0;
    const facts = entries.slice(read, upTo).map((entry) => entry.facts);
    return recountUnread(facts, userId, read);
  }

  /** By definition (U3), as of an entry. */
  waitingSince({ name, entries }: SeenLog, upTo: Seq): Millis | undefined {
    if (name.kind !== 'cs') return undefined;
    const facts = entries.slice(0, upTo).map((entry) => entry.facts);
    return recountReply(facts, defaultReplyPolicy).waiting?.time;
  }
}

function copyOf(log: SeenLog): SeenLog {
  return {
    name: log.name,
    entries: [...log.entries],
    byKey: new Map(log.byKey),
    positions: new Map(log.positions),
  };
}
