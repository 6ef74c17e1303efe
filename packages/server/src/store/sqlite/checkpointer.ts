import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { databaseFile } from './database.ts';

/** A log of this size is worth a checkpoint: enough pages that most are written once for many commits. */
const worthwhileBytes = 16 * 1024 * 1024;

/** A log of this size is made to start anew, even if the writer waits for it. */
const tooLargeBytes = 512 * 1024 * 1024;

/**
 * Moves the write-ahead log into the database from a thread of its own, because one checkpoint takes tens of
 * milliseconds of writing and of waiting for the disk, in which the server's thread would acknowledge nothing.
 */
export class Checkpointer {
  private readonly worker: Worker;
  private readonly logPath: string;
  private readonly db: DatabaseSync;
  private running = false;

  constructor(dataDir: string, db: DatabaseSync) {
    this.db = db;
    this.logPath = join(dataDir, `${databaseFile}-wal`);
    this.worker = new Worker(new URL('./checkpoint-worker.ts', import.meta.url), {
      workerData: { path: join(dataDir, databaseFile) },
    });
    this.worker.unref();
    this.worker.on('message', () => this.finish());
    // Without the worker the log grows until it is too large, and is then moved from here.
    this.worker.on('error', () => {
      this.running = true;
    });
  }

  /** Starts a checkpoint when there is enough to move. */
  consider(): void {
    const bytes = this.logBytes();
    if (bytes > tooLargeBytes) this.db.exec('PRAGMA wal_checkpoint(RESTART)');
    else if (bytes > worthwhileBytes && !this.running) {
      this.running = true;
      this.worker.postMessage('checkpoint');
    }
  }

  logBytes(): number {
    return statSync(this.logPath, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Moves the few pages that came meanwhile, so that the next commit can start the log anew. */
  private finish(): void {
    this.running = false;
    if (this.db.isOpen) this.db.exec('PRAGMA wal_checkpoint(PASSIVE)');
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}
