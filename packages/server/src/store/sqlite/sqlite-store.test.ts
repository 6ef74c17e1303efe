import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeStore, type Storage, type StoreSettings } from '../contract.ts';
import type { Store } from '../store.ts';
import { openSqliteStore } from './sqlite-store.ts';

/** A disk in memory where there is one: what is tested here does not depend on the disk, and syncs take time. */
const scratch = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

class SqliteStorage implements Storage {
  private dataDir = mkdtempSync(join(scratch, 'skein-store-'));
  private abandoned: { readonly store: Store; readonly dataDir: string }[] = [];
  private store: Store | undefined;

  async open(settings: StoreSettings): Promise<Store> {
    this.store = openSqliteStore({ dataDir: this.dataDir, ...settings });
    return this.store;
  }

  /** A killed process leaves what it wrote: the files as they are, without what SQLite would do on closing. */
  async openAfterCrash(settings: StoreSettings): Promise<Store> {
    const dataDir = mkdtempSync(join(scratch, 'skein-store-'));
    for (const file of ['skein.db', 'skein.db-wal']) {
      if (existsSync(join(this.dataDir, file))) copyFileSync(join(this.dataDir, file), join(dataDir, file));
    }
    if (this.store) this.abandoned.push({ store: this.store, dataDir: this.dataDir });
    this.dataDir = dataDir;
    return this.open(settings);
  }

  async remove(): Promise<void> {
    for (const { store, dataDir } of this.abandoned) {
      await store.close();
      rmSync(dataDir, { recursive: true });
    }
    rmSync(this.dataDir, { recursive: true });
  }
}

describeStore('sqlite', () => new SqliteStorage());
