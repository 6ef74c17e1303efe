import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defaultReplyPolicy } from '@skein/chat';
import { SetupProblem } from '../config/problem.ts';
import { checkDatabase } from '../store/sqlite/check.ts';
import { databaseFile, openReader } from '../store/sqlite/database.ts';
import { command, type Terminal } from './command.ts';

export const check = command({
  name: 'check',
  summary:
    'recounts from the log what is cached beside it, and prints what differs; safe while a server runs',
  examples: ['skein check --data /var/lib/skein'],
  settings: ['data', 'reply.automaticAnswers', 'reply.botAnswers'],
  options: {},
  async run({ settings, terminal }) {
    const path = join(settings.dataDir, databaseFile);
    if (!existsSync(path)) {
      throw new SetupProblem(`there is no store at ${path}: say where it is with --data DIR`);
    }
    const db = openReader(settings.dataDir);
    try {
      // One view of the whole, however much a server writes meanwhile.
      db.exec('BEGIN');
      const differences = checkDatabase(
        db,
        { ...defaultReplyPolicy, ...settings.reply },
        progressTo(terminal),
      );
      for (const difference of differences) terminal.out.write(`${difference}\n`);
      terminal.out.write(verdict(differences.length));
      return differences.length === 0 ? 0 : 1;
    } finally {
      db.close();
    }
  },
});

function verdict(differences: number): string {
  if (differences === 0) return 'The store agrees with its log.\n';
  return `${differences} differences: a recount is right, the log is the truth. Please report how it came about.\n`;
}

/** A line that is written over, so only where somebody watches; at most one for each percent. */
function progressTo({ err }: Terminal): (done: number, total: number) => void {
  if (!('isTTY' in err && err.isTTY)) return () => {};
  let shown = -1;
  return (done, total) => {
    const percent = Math.floor((100 * done) / total);
    if (percent === shown) return;
    shown = percent;
    err.write(`\r${done} of ${total} conversations${done === total ? '\n' : ''}`);
  };
}
