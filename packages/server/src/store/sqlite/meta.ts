import type { DatabaseSync } from 'node:sqlite';

/**
 * Facts about the store as a whole.
 * - `epoch`: a random id, new after a restore
 * - `projected_through`: the projections' rows have counted every entry up to this id
 * - `last_group`: the newest id that was given to a group
 */
export type MetaKey = 'epoch' | 'projected_through' | 'last_group';

export class MetaTable {
  private readonly select;
  private readonly upsert;

  constructor(db: DatabaseSync) {
    this.select = db.prepare('SELECT value FROM meta WHERE key = ?');
    this.upsert = db.prepare(
      'INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    );
  }

  get(key: MetaKey): string | undefined {
    return (this.select.get(key) as { value: string } | undefined)?.value;
  }

  set(key: MetaKey, value: string): void {
    this.upsert.run(key, value);
  }
}
