import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { ConversationTable } from './conversations.ts';
import { openWriter } from './database.ts';
import { EntryTable } from './entry-table.ts';
import { migrate } from './schema.ts';
import { UserTable } from './users.ts';

/** One opening of the database: the connection, and the tables with what they keep in memory. */
export interface Tables {
  readonly db: DatabaseSync;
  readonly entries: EntryTable;
  readonly users: UserTable;
  readonly conversations: ConversationTable;
  readonly epoch: string;
}

export function openTables(dataDir: string): Tables {
  const db = openWriter(dataDir);
  try {
    migrate(db, randomUUID);
    const users = new UserTable(db);
    const { value: epoch } = db.prepare("SELECT value FROM meta WHERE key = 'epoch'").get() as {
      value: string;
    };
    return { db, entries: new EntryTable(db), users, conversations: new ConversationTable(db, users), epoch };
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
