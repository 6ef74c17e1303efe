import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { ConversationTable } from './conversations.ts';
import { openWriter } from './database.ts';
import { EntryTable } from './entry-table.ts';
import { MetaTable } from './meta.ts';
import { migrate } from './schema.ts';
import { UserTable } from './users.ts';

/** One opening of the database: the connection, and the tables with what they keep in memory. */
export interface Tables {
  readonly db: DatabaseSync;
  readonly meta: MetaTable;
  readonly entries: EntryTable;
  readonly users: UserTable;
  readonly conversations: ConversationTable;
}

export function openTables(dataDir: string): Tables {
  const db = openWriter(dataDir);
  try {
    migrate(db, randomUUID);
    const users = new UserTable(db);
    return {
      db,
      meta: new MetaTable(db),
      entries: new EntryTable(db),
      users,
      conversations: new ConversationTable(db, users),
    };
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Runs some work as one transaction; an error undoes it and is thrown on. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
