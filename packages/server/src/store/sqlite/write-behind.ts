import type { ReplyPolicy, Seq } from '@skein/chat';
import { applyEntry } from './apply.ts';
import { type ConversationRow, factsOf } from './entry.ts';
import type { User } from './state.ts';
import { type Tables, transaction } from './tables.ts';

/** So many conversations, members and users may stay in memory: some hundred bytes each. */
const mostInMemory = 500_000;

/** Rows of one slice: one or two milliseconds in which nothing is acknowledged. */
const sliceRows = 500;

/** A number is a few bytes behind others of its conversation: as dear as a part of a row. */
const numbersPerRow = 4;

const replayBatch = 5_000;

interface Round {
  /** The last entry when the round began. */
  readonly through: bigint;
  readonly numbers: { readonly conversation: number; readonly through: Seq }[];
  readonly users: User[];
}

function isOver({ numbers, users }: Round): boolean {
  return numbers.length === 0 && users.length === 0;
}

/**
 * Writes the projections of the log that are kept in memory. They need not survive a power loss, since
 * {@link replay} makes them good from the log; so these transactions wait for no disk.
 *
 * A round writes what was dirty when it began, in slices between which the server goes on. What gets dirty again
 * meanwhile has counted more entries, which does no harm; only the round's end vouches for the entries before it.
 */
export class WriteBehind {
  private readonly tables: Tables;
  private round: Round | undefined;

  constructor(tables: Tables) {
    this.tables = tables;
  }

  /** Writes the next slice of a round, or begins one. True while the round has more to write. */
  step(): boolean {
    if (this.tables.conversations.size + this.tables.users.size > mostInMemory) {
      this.flush();
      this.forget();
      return false;
    }
    this.round ??= this.begin();
    if (isOver(this.round)) {
      this.round = undefined;
      return false;
    }
    this.write(sliceRows);
    if (!isOver(this.round)) return true;
    this.round = undefined;
    return false;
  }

  private begin(): Round {
    const { entries, users } = this.tables;
    return { through: entries.lastId(), numbers: entries.numbering.unwritten(), users: users.dirty() };
  }

  /** Writes everything. */
  flush(): void {
    this.round = this.begin();
    if (!isOver(this.round)) this.write(Number.POSITIVE_INFINITY);
    this.round = undefined;
  }

  /** Writes the numbers alone, for a reader that needs them all. */
  flushNumbers(): void {
    const { numbering } = this.tables.entries;
    const unwritten = numbering.unwritten();
    if (unwritten.length === 0) return;
    this.transact(() => {
      for (const { conversation } of unwritten) numbering.write(conversation);
    });
  }

  /** Gives memory back; what is asked for is read again. Right after {@link flush}, since nothing is kept. */
  forget(): void {
    this.tables.conversations.clear();
    this.tables.users.clear();
  }

  private write(rows: number): void {
    this.transact(() => this.writeRows(this.round!, rows));
  }

  private transact(work: () => void): void {
    const { db } = this.tables;
    db.exec('PRAGMA synchronous = NORMAL');
    try {
      transaction(db, work);
    } finally {
      db.exec('PRAGMA synchronous = FULL');
    }
  }

  private writeRows(round: Round, most: number): void {
    const { numbers, users, through } = round;
    let left = most - this.writeNumbers(numbers, most * numbersPerRow) / numbersPerRow;
    while (left > 0 && users.length > 0) {
      const user = users.at(-1)!;
      left -= 1 + this.writeMembers(user, left);
      if (user.dirtyMembers.size === 0) users.pop();
    }
    if (isOver(round)) this.tables.meta.set('projected_through', through.toString());
  }

  private writeNumbers(numbers: Round['numbers'], most: number): number {
    const { numbering } = this.tables.entries;
    let written = 0;
    while (written < most && numbers.length > 0) {
      const { conversation, through } = numbers.at(-1)!;
      written += numbering.write(conversation, through, most - written);
      if ((numbering.recentRange(conversation)?.first ?? Number.POSITIVE_INFINITY) > through) numbers.pop();
    }
    return written;
  }

  private writeMembers(user: User, most: number): number {
    let written = 0;
    for (const member of user.dirtyMembers) {
      if (written >= most) break;
      this.tables.conversations.writeMember(member);
      written += 1;
    }
    this.tables.users.write(user);
    return written;
  }
}

/** Brings the projections up to the log after a crash. */
export function replay(tables: Tables, policy: ReplyPolicy): void {
  let after = BigInt(tables.meta.get('projected_through') ?? 0);
  for (;;) {
    const batch = tables.entries.listAfterId(after, replayBatch);
    transaction(tables.db, () => {
      for (const entry of batch) replayEntry(tables, entry, policy);
    });
    after = batch.at(-1)?.row.id ?? after;
    if (batch.length < replayBatch) return;
  }
}

function replayEntry(tables: Tables, { conversation: key, row }: ConversationRow, policy: ReplyPolicy): void {
  const conversation = tables.conversations.byKey(key);
  tables.entries.numbering.restore(key, row.seq, row.id);
  applyEntry(conversation, { facts: factsOf(conversation.name, row), id: row.id }, tables.entries, policy);
}
