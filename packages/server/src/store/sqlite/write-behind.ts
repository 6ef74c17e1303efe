import type { ReplyPolicy } from '@skein/chat';
import { applyEntry } from './apply.ts';
import { factsOf } from './entry.ts';
import type { User } from './state.ts';
import { type Tables, transaction } from './tables.ts';

/** So many conversations, members and users may stay in memory: some hundred bytes each. */
const mostInMemory = 500_000;

/** Rows of one slice: one or two milliseconds in which nothing is acknowledged. */
const sliceRows = 500;

const replayBatch = 5_000;

/**
 * Writes the projections of the log that are kept in memory. They need not survive a power loss, since
 * {@link replay} makes them good from the log; so these transactions wait for no disk.
 *
 * A round writes what was dirty when it began, in slices between which the server goes on. What gets dirty again
 * meanwhile has counted more entries, which does no harm; only the round's end vouches for the entries before it.
 */
export class WriteBehind {
  private readonly tables: Tables;
  private round: { readonly through: bigint; readonly users: User[] } | undefined;

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
    this.round ??= { through: this.tables.entries.lastId(), users: this.tables.users.dirty() };
    if (this.round.users.length > 0) this.write(sliceRows);
    if (this.round.users.length > 0) return true;
    this.round = undefined;
    return false;
  }

  /** Writes everything. */
  flush(): void {
    this.round = { through: this.tables.entries.lastId(), users: this.tables.users.dirty() };
    if (this.round.users.length > 0) this.write(Number.POSITIVE_INFINITY);
    this.round = undefined;
  }

  /** Gives memory back; what is asked for is read again. Right after {@link flush}, since nothing is kept. */
  forget(): void {
    this.tables.conversations.clear();
    this.tables.users.clear();
  }

  private write(rows: number): void {
    const { db } = this.tables;
    db.exec('PRAGMA synchronous = NORMAL');
    try {
      transaction(db, () => this.writeRows(rows));
    } finally {
      db.exec('PRAGMA synchronous = FULL');
    }
  }

  private writeRows(most: number): void {
    const { users, through } = this.round!;
    for (let left = most; left > 0 && users.length > 0; ) {
      const user = users.at(-1)!;
      left -= 1 + this.writeMembers(user, left);
      if (user.dirtyMembers.size === 0) users.pop();
    }
    if (users.length === 0) this.tables.meta.set('projected_through', through.toString());
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
    for (const { conversation: key, row } of batch) {
      const conversation = tables.conversations.byKey(key);
      applyEntry(
        conversation,
        { facts: factsOf(conversation.name, row), id: row.id },
        tables.entries,
        policy,
      );
      after = row.id;
    }
    if (batch.length < replayBatch) return;
  }
}
