import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { databaseFile, keptLogBytes } from './database.ts';

/**
 * Moves the write-ahead log into the database from a thread of its own, because one checkpoint takes tens of
 * milliseconds of writing and of waiting for the disk, in which the server's thread would acknowledge nothing.
 *
 * The log starts anew when all of it has been moved and nobody reads from it, so a long read (a backup) lets it grow
 * for as long as it takes.
 */
export class Checkpointer {
  private readonly dataDir: string;
  private readonly db: DatabaseSync;
  private readonly onMoved: () => void;
  private worker: Worker | undefined;
  private state: 'idle' | 'moving' | 'moved' = 'idle';

  /** @param onMoved asks for {@link consider} as soon as a checkpoint is through */
  constructor(dataDir: string, db: DatabaseSync, onMoved: () => void) {
    this.dataDir = dataDir;
    this.db = db;
    this.onMoved = onMoved;
  }

  /** Starts a checkpoint when there is enough to move. @throws when the rest of one cannot be moved. */
  consider(): void {
    if (this.state === 'moved') this.finish();
    if (this.state === 'idle' && this.logBytes() > keptLogBytes) {
      this.state = 'moving';
      this.worker ??= this.start();
      this.worker.postMessage('checkpoint');
    }
  }

  /** Moves the few pages that came meanwhile, so that the next commit starts the log anew and cuts its file back. */
  private finish(): void {
    this.state = 'idle';
    this.db.exec('PRAGMA wal_checkpoint(PASSIVE)');
  }

  private start(): Worker {
    const worker = new Worker(new URL('./checkpoint-worker.ts', import.meta.url), {
      workerData: { path: join(this.dataDir, databaseFile) },
    });
    worker.unref();
    worker.on('message', () => this.moved());
    // Without a worker the log is moved from here, and the next checkpoint gets a new one.
    worker.on('error', () => {
      this.worker = undefined;
      this.moved();
    });
    return worker;
  }

  private moved(): void {
    this.state = 'moved';
    this.onMoved();
  }

  private logBytes(): number {
    return statSync(join(this.dataDir, `${databaseFile}-wal`), { throwIfNoEntry: false })?.size ?? 0;
  }

  async close(): Promise<void> {
    await this.worker?.terminate();
  }
}
