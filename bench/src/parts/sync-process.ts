/** P3's third part alone: how long the disk takes to sync the bytes of one batch. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';

/** Where a write-ahead log starts anew: SQLite's 1,000 pages of 4 KiB. Its blocks are then written over. */
const LOG_BYTES = 4_096_000;

const [path, bytesArgument, msArgument] = process.argv.slice(2);
const batch = Buffer.alloc(Math.max(1, Math.round(Number(bytesArgument))), 0x5a);
const file = openSync(path!, 'w');
for (let at = 0; at < LOG_BYTES; at += batch.length) writeSync(file, batch, 0, batch.length, at);
fdatasyncSync(file);

let syncs = 0;
let micros = 0;
const until = performance.now() + Number(msArgument);
for (let at = 0; performance.now() < until; at = (at + batch.length) % LOG_BYTES) {
  const started = performance.now();
  writeSync(file, batch, 0, batch.length, at);
  fdatasyncSync(file);
  micros += (performance.now() - started) * 1000;
  syncs++;
}
closeSync(file);
process.stdout.write(`${JSON.stringify({ event: 'measured', micros: micros / syncs })}\n`);
