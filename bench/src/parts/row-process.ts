/**
 * P3's second part alone: rows that the server has stored go into an empty table of the same schema, in transactions of
 * the size that the server makes, into a log that is written but not synced. No rules, no projections.
 */
import { statSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';

/** Half a second's work and some 50 MB of memory. */
const MOST_ROWS = 150_000;
/** Of them, those before anything counts. */
const WARM_UP = 0.2;
/** As much as the store's writer keeps in memory. */
const CACHE_KIB = 65_536;

const [sourcePath, targetPath, rowsArgument] = process.argv.slice(2);
const rowsPerBatch = Math.max(1, Math.round(Number(rowsArgument)));

const source = new DatabaseSync(sourcePath!, { readOnly: true });
const schema = source
  .prepare("SELECT sql FROM sqlite_schema WHERE tbl_name = 'entries' AND sql IS NOT NULL")
  .all()
  .map((row) => String(row.sql));
const select = source.prepare('SELECT * FROM entries ORDER BY id LIMIT ?');
select.setReadBigInts(true);
const rows = select.all(MOST_ROWS).map((row) => Object.values(row).map(asBound));
source.close();

const target = new DatabaseSync(targetPath!);
target.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 0;
  PRAGMA cache_size = -${CACHE_KIB}`);
for (const statement of schema) target.exec(statement);
const insert = target.prepare(`INSERT INTO entries VALUES (${rows[0]!.map(() => '?').join()})`);

const warmedUpAt = insertBatches(0, Math.floor(rows.length * WARM_UP));
const bytesBefore = logBytes();
const cpu = process.cpuUsage();
const endedAt = insertBatches(warmedUpAt, rows.length);
const { user, system } = process.cpuUsage(cpu);
const count = endedAt - warmedUpAt;
const measured = {
  microsPerRow: (user + system) / count,
  bytesPerBatch: ((logBytes() - bytesBefore) * rowsPerBatch) / count,
};
target.close();
process.stdout.write(`${JSON.stringify({ event: 'measured', ...measured })}\n`);

/** Inserts whole batches as long as they end before `to`, and returns where they ended. */
function insertBatches(from: number, to: number): number {
  let at = from;
  while (at + rowsPerBatch <= to) {
    target.exec('BEGIN IMMEDIATE');
    for (const end = at + rowsPerBatch; at < end; at++) insert.run(...rows[at]!);
    target.exec('COMMIT');
  }
  return at;
}

function logBytes(): number {
  return statSync(`${targetPath}-wal`).size;
}

/** As the store binds them: a number where that is exact. */
function asBound(value: SQLInputValue): SQLInputValue {
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
