/** P3's third part alone: how long the disk takes to sync the bytes of one transaction. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';

/** The log's size is settled before anything counts; its blocks are then written over, as a log that starts anew does. */
const LOG_BYTES = 16 * 1024 * 1024;

const [path, bytesArgument, msArgument] = process.argv.slice(2);
const batch = Buffer.alloc(Math.max(1, Math.round(Number(bytesArgument))), 0x5a);
const file = openSync(path!, 'w');
for (let at = 0; at < LOG_BYTES; at += batch.length) writeSync(file, batch, 0, batch.length, at);
fdatasyncSync(file);

let syncs = 0;
let micros = 0;
const until = performance.now() + Number(msArgument);
for (let at = 0; performance.now() < until; at = (at + batch.length) % LOG_BYTES) {
  writeSync(file, batch, 0, batch.length, at);
  const started = performance.now();
  fdatasyncSync(file);
  micros += (performance.now() - started) * 1000;
  syncs++;
}
closeSync(file);
process.stdout.write(`${JSON.stringify({ event: 'measured', microsPerSync: micros / syncs })}\n`);
