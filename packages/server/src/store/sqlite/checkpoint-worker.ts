import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

const { path } = workerData as { path: string };
const db = new DatabaseSync(path, { timeout: 1_000 });

parentPort?.on('message', () => {
  try {
    db.exec('PRAGMA wal_checkpoint(PASSIVE)');
  } catch {
    // Busy or out of space: the log keeps everything, and the next checkpoint tries again.
  }
  parentPort?.postMessage('done');
});
