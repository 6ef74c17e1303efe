/**
 * P3's second part alone: the rows of messages going into the store's own table by its own statement, in transactions
 * of the size that the server makes, into a log that is written but not synced. No rules, no projections.
 */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { databaseFile, openWriter } from '../../../packages/server/src/store/sqlite/database.ts';
import { EntryTable } from '../../../packages/server/src/store/sqlite/entry-table.ts';
import { migrate } from '../../../packages/server/src/store/sqlite/schema.ts';
import { transaction } from '../../../packages/server/src/store/sqlite/tables.ts';
import { messageTemplate } from '../load/message.ts';

const [directory, rowsArgument, conversationsArgument, msArgument] = process.argv.slice(2);
const rows = Math.max(1, Math.round(Number(rowsArgument)));
const conversations = Number(conversationsArgument);

mkdirSync(directory!, { recursive: true });
const db = openWriter(directory!);
db.exec('PRAGMA synchronous = OFF');
migrate(db, () => 'bench');
const entries = new EntryTable(db);
const payload = messageTemplate(1001, 1002, 0).bytes;
const seqs = new Array<number>(conversations).fill(0);
let id = BigInt(Date.now()) << 22n;
let turn = 0;

function insertBatch(): void {
  transaction(db, () => {
    for (let i = 0; i < rows; i++) {
      const conversation = turn++ % conversations;
      const seq = ++seqs[conversation]!;
      id += 1n;
      entries.insert(
        conversation + 1,
        id,
        seq,
        BigInt(1001 + 2 * conversation + (seq % 2)),
        id,
        1,
        1,
        payload,
      );
    }
  });
}

const logBytes = () => statSync(join(directory!, `${databaseFile}-wal`)).size;

for (const warmedUp = performance.now() + Number(msArgument) / 3; performance.now() < warmedUp; )
  insertBatch();
let batches = 0;
const bytesBefore = logBytes();
const cpu = process.cpuUsage();
for (const until = performance.now() + Number(msArgument); performance.now() < until; batches++)
  insertBatch();
const { user, system } = process.cpuUsage(cpu);
const measured = {
  microsPerRow: (user + system) / (batches * rows),
  bytesPerBatch: (logBytes() - bytesBefore) / batches,
};
db.close();
process.stdout.write(`${JSON.stringify({ event: 'measured', ...measured })}\n`);
