import type { DatabaseSync } from 'node:sqlite';

/**
 * The tables. Entries are the truth; conversations, members and users are projections of them that are written
 * behind and made good from the log when a store is opened, except for what only they know (positions, members,
 * names), which is written in the transaction that changes it.
 *
 * 64-bit ids are stored as SQLite's signed integers, bit for bit.
 */
const migrations: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

  -- The primary key grows with time, so that rows are appended. The second unique index is the idempotency key (I1):
  -- its first column grows with time as well when clients follow the advice on ids, which keeps it cheap.
  CREATE TABLE entries (
    id           INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    sender       INTEGER NOT NULL,
    client_id    INTEGER,
    flags        INTEGER NOT NULL,
    origin       INTEGER NOT NULL,
    recalled_by  INTEGER,
    payload      BLOB NOT NULL,
    UNIQUE (client_id, sender, conversation)
  );

  -- The log by conversation. Written behind, see numbering.ts.
  CREATE TABLE numbers (
    conversation INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    id           INTEGER NOT NULL,
    PRIMARY KEY (conversation, seq)
  ) WITHOUT ROWID;

  CREATE TABLE conversations (
    key           INTEGER PRIMARY KEY,
    id            TEXT NOT NULL UNIQUE,
    kind          TEXT NOT NULL,
    title         TEXT,
    closed        INTEGER NOT NULL DEFAULT 0,
    head          INTEGER NOT NULL DEFAULT 0,
    last_id       INTEGER NOT NULL DEFAULT 0,
    answered_seq  INTEGER NOT NULL DEFAULT 0,
    waiting_seq   INTEGER,
    waiting_since INTEGER
  );
  CREATE INDEX conversations_waiting ON conversations (key) WHERE waiting_seq IS NOT NULL;

  CREATE TABLE users (
    key     INTEGER PRIMARY KEY,
    role    TEXT,
    name    TEXT,
    version INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX users_of_role ON users (role) WHERE role <> 'customer';

  -- applied: the head up to which unread and version have been counted.
  CREATE TABLE members (
    user         INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    joined       INTEGER NOT NULL,
    owner        INTEGER NOT NULL DEFAULT 0,
    gone         INTEGER NOT NULL DEFAULT 0,
    delivered    INTEGER NOT NULL,
    read         INTEGER NOT NULL,
    unread       INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    applied      INTEGER NOT NULL,
    PRIMARY KEY (user, conversation)
  ) WITHOUT ROWID;
  CREATE INDEX members_of_conversation ON members (conversation);
  CREATE INDEX members_by_version ON members (user, version);
  CREATE INDEX members_with_unread ON members (user, version, unread) WHERE unread > 0;

  CREATE TABLE sessions (
    user           INTEGER NOT NULL,
    client_id      TEXT NOT NULL,
    filters        TEXT NOT NULL,
    position_id    INTEGER NOT NULL,
    version        INTEGER NOT NULL,
    ends_at        INTEGER NOT NULL,
    sends_receipts INTEGER NOT NULL,
    PRIMARY KEY (user, client_id)
  ) WITHOUT ROWID;
  CREATE INDEX sessions_by_end ON sessions (ends_at);
  `,
];

/** Brings a database to this version's tables. Throws when it was written by a later version. */
export function migrate(db: DatabaseSync, newEpoch: () => string): void {
  const { user_version: from } = db.prepare('PRAGMA user_version').get() as { user_version: number };
  if (from > migrations.length) {
    throw new Error(
      `the database is of a later version of Skein (schema ${from}; this one knows ${migrations.length}): run that version`,
    );
  }
  if (from === migrations.length) return;
  db.exec('BEGIN IMMEDIATE');
  for (const step of migrations.slice(from)) db.exec(step);
  db.exec(`PRAGMA user_version = ${migrations.length}`);
  if (from === 0) db.prepare("INSERT INTO meta VALUES ('epoch', ?)").run(newEpoch());
  db.exec('COMMIT');
}
