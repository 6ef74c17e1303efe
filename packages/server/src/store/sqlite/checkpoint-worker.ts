import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

const { path } = workerData as { path: string };

/** So few pages are moved by the writer itself, in a millisecond or two. */
const fewPages = 200;

/** A writer that is faster than the disk is not caught up with; the next checkpoint tries again. */
const mostPasses = 8;

/**
 * Moves what is in the log, again and again while the writer adds to it, until little is left. The connection is of
 * this checkpoint alone: when the writer closes its own, that shall be the last, so that SQLite clears the log away.
 */
function checkpoint(): void {
  const db = new DatabaseSync(path, { timeout: 1_000 });
  try {
    const pass = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
    for (let passes = 0, before = 0; passes < mostPasses; passes++) {
      const { checkpointed } = pass.get() as { checkpointed: number };
      if (checkpointed - before < fewPages) return;
      before = checkpointed;
    }
  } finally {
    db.close();
  }
}

parentPort?.on('message', () => {
  try {
    checkpoint();
  } catch {
    // Busy or out of space: the log keeps everything, and the next checkpoint tries again.
  }
  parentPort?.postMessage('done');
});
