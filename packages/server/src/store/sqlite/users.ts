import type { DatabaseSync } from 'node:sqlite';
import { fromSigned64, toSigned64, type UserId } from '@skein/protocol';
import type { Role } from '../store.ts';
import { prepareBig } from './database.ts';
import type { User } from './state.ts';

interface UserRow {
  role: Role | null;
  name: string | null;
  version: number;
}

/** People and their feeds' versions. */
export class UserTable {
  private readonly cache = new Map<UserId, User>();
  private readonly byId;
  private readonly upsert;
  private readonly withRole;

  constructor(db: DatabaseSync) {
    this.byId = db.prepare('SELECT role, name, version FROM users WHERE key = ?');
    this.upsert = db.prepare(
      `INSERT INTO users (key, role, name, version) VALUES (?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET role = excluded.role, name = excluded.name, version = excluded.version`,
    );
    // The condition is the index's own, word for word: without it every user would be read.
    this.withRole = prepareBig(db, "SELECT key FROM users WHERE role <> 'customer'");
  }

  get(id: UserId): User {
    const known = this.cache.get(id);
    if (known) return known;
    const key = toSigned64(BigInt(id));
    const row = this.byId.get(key) as UserRow | undefined;
    const user: User = {
      id,
      key,
      role: row?.role ?? undefined,
      name: row?.name ?? undefined,
      version: row?.version ?? 0,
      dirtyMembers: new Set(),
    };
    this.cache.set(id, user);
    return user;
  }

  byKey(key: bigint): User {
    return this.get(fromSigned64(key).toString());
  }

  /** Everybody who serves customers: the members of an unassigned service conversation (D0). */
  servants(): User[] {
    return this.withRole.all().map((row) => this.byKey(row.key as bigint));
  }

  write(user: User): void {
    this.upsert.run(user.key, user.role ?? null, user.name ?? null, user.version);
  }

  /** Those with memberships that are not written yet. */
  dirty(): User[] {
    const dirty: User[] = [];
    for (const user of this.cache.values()) if (user.dirtyMembers.size > 0) dirty.push(user);
    return dirty;
  }

  get size(): number {
    return this.cache.size;
  }

  /** Forgets all, saved or not. Members hold users, so that conversations are forgotten at the same time. */
  clear(): void {
    this.cache.clear();
  }
}

/** Agents, administrators and services see the customers' conversations. */
export function serves(role: Role | undefined): boolean {
  return role === 'agent' || role === 'admin' || role === 'service';
}
