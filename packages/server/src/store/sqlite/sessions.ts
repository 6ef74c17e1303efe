import type { DatabaseSync } from 'node:sqlite';
import { fromSigned64, toSigned64, type UserId } from '@skein/protocol';
import type { SavedSession } from '../store.ts';
import { prepareBig } from './database.ts';

interface SessionRow {
  filters: string;
  position_id: bigint;
  version: bigint;
  ends_at: bigint;
  sends_receipts: bigint;
}

/** Sessions that outlive their connections. */
export class SessionTable {
  private readonly select;
  private readonly upsert;
  private readonly remove;
  private readonly removeEnded;

  constructor(db: DatabaseSync) {
    this.select = prepareBig(
      db,
      `SELECT filters, position_id, version, ends_at, sends_receipts FROM sessions
       WHERE user = ? AND client_id = ?`,
    );
    this.upsert = db.prepare(
      `INSERT INTO sessions VALUES (?,?,?,?,?,?,?) ON CONFLICT (user, client_id) DO UPDATE SET
       filters = excluded.filters, position_id = excluded.position_id, version = excluded.version,
       ends_at = excluded.ends_at, sends_receipts = excluded.sends_receipts`,
    );
    this.remove = db.prepare('DELETE FROM sessions WHERE user = ? AND client_id = ?');
    this.removeEnded = db.prepare(
      `DELETE FROM sessions WHERE (user, client_id) IN
       (SELECT user, client_id FROM sessions WHERE ends_at < ? LIMIT ?)`,
    );
  }

  load(userId: UserId, clientId: string): SavedSession | undefined {
    const row = this.select.get(toSigned64(BigInt(userId)), clientId) as unknown as SessionRow | undefined;
    if (!row) return undefined;
    return {
      userId,
      clientId,
      filters: JSON.parse(row.filters) as SavedSession['filters'],
      position: { id: fromSigned64(row.position_id), version: Number(row.version) },
      endsAt: Number(row.ends_at),
      sendsReceipts: row.sends_receipts !== 0n,
    };
  }

  save(session: SavedSession): void {
    this.upsert.run(
      toSigned64(BigInt(session.userId)),
      session.clientId,
      JSON.stringify(session.filters),
      session.position.id,
      session.position.version,
      session.endsAt,
      session.sendsReceipts ? 1 : 0,
    );
  }

  delete(userId: UserId, clientId: string): void {
    this.remove.run(toSigned64(BigInt(userId)), clientId);
  }

  expire(endedBefore: number, limit: number): number {
    return Number(this.removeEnded.run(endedBefore, limit).changes);
  }
}
