import type { DatabaseSync } from 'node:sqlite';
import { prepareBig } from './database.ts';
import { type ConversationRow, entryColumns, type RawConversationRow, toConversationRow } from './entry.ts';
import { newestId } from './entry-table.ts';

/** So many entries of everybody's are passed at a time, some milliseconds; then others have their turn. */
const windowRows = 10_000;

/** Rows in the order asked for. */
export interface Visible {
  readonly rows: readonly ConversationRow[];
  /** Up to which id was looked, when more may follow; undefined: that was all. */
  readonly through: bigint | undefined;
}

/** The entries that one user may see, of all conversations, read along the log. */
export class VisibleEntries {
  private readonly windowAfter;
  private readonly windowBefore;
  private readonly ascending;
  private readonly descending;
  private readonly newestOwn;

  constructor(db: DatabaseSync) {
    // Who joins a group sees what comes after; the service sees the whole case.
    const visible = (entry: 'e' | 'n') => `EXISTS (SELECT 1 FROM members m
      JOIN conversations c ON c.key = m.conversation
      WHERE m.user = ?1 AND m.conversation = ${entry}.conversation AND m.gone = 0
      AND (c.kind <> 'group' OR ${entry}.seq > m.joined))`;
    const select = `SELECT ${entryColumns}, conversation FROM entries e`;
    const between = `${select} NOT INDEXED WHERE id > ?2 AND id < ?3 AND ${visible('e')}`;
    this.ascending = prepareBig(db, `${between} ORDER BY id LIMIT ?4`);
    this.descending = prepareBig(db, `${between} ORDER BY id DESC LIMIT ?4`);
    this.windowAfter = prepareBig(
      db,
      'SELECT max(id) AS edge, count(*) AS n FROM (SELECT id FROM entries WHERE id > ? ORDER BY id LIMIT ?)',
    );
    this.windowBefore = prepareBig(
      db,
      'SELECT min(id) AS edge, count(*) AS n FROM (SELECT id FROM entries WHERE id < ? ORDER BY id DESC LIMIT ?)',
    );
    // Sorts ids from an index alone, and reads the rows of those that are left.
    this.newestOwn = prepareBig(
      db,
      `${select} WHERE id IN (SELECT id FROM numbers n WHERE id < ?2 AND conversation IN
         (SELECT conversation FROM members WHERE user = ?1 AND gone = 0)
       AND ${visible('n')} ORDER BY id DESC LIMIT ?3) ORDER BY id DESC`,
    );
  }

  /** Ascending, for who has many conversations. */
  after(userKey: bigint, id: bigint, limit: number): Visible {
    const window = this.windowAfter.get(id, windowRows) as unknown as Window;
    if (window.edge === null) return nothing;
    return visibleIn(window, this.ascending.all(userKey, id, window.edge + 1n, limit + 1), limit);
  }

  /** Descending, for who has many conversations. */
  before(userKey: bigint, id: bigint | undefined, limit: number): Visible {
    const beforeId = id ?? newestId;
    const window = this.windowBefore.get(beforeId, windowRows) as unknown as Window;
    if (window.edge === null) return nothing;
    return visibleIn(window, this.descending.all(userKey, window.edge - 1n, beforeId, limit + 1), limit);
  }

  /** Descending, for who has few. Once all numbers are written. */
  ownBefore(userKey: bigint, id: bigint | undefined, limit: number): Visible {
    const raws = this.newestOwn.all(userKey, id ?? newestId, limit + 1);
    return visibleIn(undefined, raws, limit);
  }
}

interface Window {
  readonly edge: bigint | null;
  readonly n: bigint;
}

const nothing: Visible = { rows: [], through: undefined };

function visibleIn(window: Window | undefined, raws: readonly unknown[], limit: number): Visible {
  const rows = raws.slice(0, limit).map((raw) => toConversationRow(raw as RawConversationRow));
  if (raws.length > limit) return { rows, through: rows.at(-1)?.row.id };
  const wasFull = window !== undefined && Number(window.n) === windowRows;
  return { rows, through: wasFull ? window.edge! : undefined };
}
