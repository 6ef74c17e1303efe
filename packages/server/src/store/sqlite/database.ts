import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { SetupProblem } from '../../config/problem.ts';

export const databaseFile = 'skein.db';

/** How long a statement waits for a lock that a checkpoint or a backup holds. */
const lockTimeoutMs = 5_000;

/** Pages of the database that stay in memory; the rest is the operating system's cache. */
const cacheKiB = 64 * 1024;

/**
 * What the write-ahead log's file is cut back to when it starts anew. So much is kept, because overwriting a file
 * is synced faster than growing it.
 */
export const keptLogBytes = 16 * 1024 * 1024;

/** The writer's connection. Commits are durable (synchronous=FULL); checkpoints are made by {@link Checkpointer}. */
export function openWriter(dataDir: string): DatabaseSync {
  const path = join(dataDir, databaseFile);
  const db = new DatabaseSync(path, { timeout: lockTimeoutMs });
  try {
    // The log's files take the mode of the database's file.
    chmodSync(path, 0o600);
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;
      PRAGMA journal_size_limit = ${keptLogBytes}; PRAGMA cache_size = -${cacheKiB};
      PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY`);
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}

export function openReader(dataDir: string): DatabaseSync {
  return new DatabaseSync(join(dataDir, databaseFile), { readOnly: true, timeout: lockTimeoutMs });
}

/**
 * Holds a data directory for one process: two writers would number the same conversation. The lock is the operating
 * system's, so a killed process leaves none behind.
 */
export function lockDirectory(dataDir: string): () => void {
  let lock: DatabaseSync | undefined;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    lock = new DatabaseSync(join(dataDir, 'skein.lock'), { timeout: 0 });
    lock.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  } catch (error) {
    lock?.close();
    if (hasCode(error, busy)) {
      throw new SetupProblem(
        `another Skein server is using ${dataDir}: stop it, or give this one another --data`,
      );
    }
    throw new SetupProblem(
      `the data directory ${dataDir} cannot be written to (${describeError(error)}): give this user the right to, or name another with --data`,
    );
  }
  return () => lock.close();
}

/** A statement that is prepared once and reads integers as bigints. */
export function prepareBig(db: DatabaseSync, sql: string): StatementSync {
  const statement = db.prepare(sql);
  statement.setReadBigInts(true);
  return statement;
}

/** SQLite's result codes. */
const busy = 5;
const uniqueViolation = 2067;

export function isUniqueViolation(error: unknown): boolean {
  return hasCode(error, uniqueViolation);
}

function hasCode(error: unknown, code: number): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === code;
}

export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
