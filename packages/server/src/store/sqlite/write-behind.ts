import type { ReplyPolicy } from '@skein/chat';
import { applyEntry } from './apply.ts';
import { factsOf } from './entry.ts';
import type { User } from './state.ts';
import { type Tables, transaction } from './tables.ts';

/** So many conversations and users may stay in memory after a flush. */
const cachedConversations = 50_000;
const cachedUsers = 100_000;

const replayBatch = 5_000;

/**
 * Writes the projections of the log that are kept in memory. They need not survive a power loss, since
 * {@link replay} makes them good from the log; so these transactions wait for no disk.
 */
export class WriteBehind {
  private readonly tables: Tables;
  private readonly setMark;

  constructor(tables: Tables) {
    this.tables = tables;
    this.setMark = tables.db.prepare(
      "INSERT INTO meta VALUES ('projected_through', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    );
  }

  /** Everything; then memory may be given back. */
  flush(): void {
    const { conversations, users, entries } = this.tables;
    const dirtyConversations = conversations.dirty();
    const dirtyUsers = users.dirty();
    if (dirtyConversations.length > 0 || dirtyUsers.length > 0) {
      this.write(() => {
        for (const conversation of dirtyConversations) conversations.write(conversation);
        for (const user of dirtyUsers) this.writeUser(user);
        this.setMark.run(entries.lastId().toString());
      });
    }
    if (conversations.size > cachedConversations || users.size > cachedUsers) {
      conversations.clear();
      users.clear();
    }
  }

  /** What one user's lists are read from. */
  flushUser(user: User): void {
    if (!user.dirty) return;
    this.write(() => {
      for (const member of user.dirtyMembers) {
        if (member.conversation.dirty) this.tables.conversations.write(member.conversation);
      }
      this.writeUser(user);
    });
  }

  private writeUser(user: User): void {
    for (const member of user.dirtyMembers) this.tables.conversations.writeMember(member);
    this.tables.users.write(user);
  }

  private write(work: () => void): void {
    const { db } = this.tables;
    db.exec('PRAGMA synchronous = NORMAL');
    try {
      transaction(db, work);
    } finally {
      db.exec('PRAGMA synchronous = FULL');
    }
  }
}

/** Brings the projections up to the log after a crash. */
export function replay(tables: Tables, policy: ReplyPolicy): void {
  const mark = tables.db.prepare("SELECT value FROM meta WHERE key = 'projected_through'").get() as
    | { value: string }
    | undefined;
  let after = BigInt(mark?.value ?? 0);
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
