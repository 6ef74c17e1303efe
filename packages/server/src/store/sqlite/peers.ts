import type { Peer } from './rights.ts';
import type { User } from './state.ts';
import type { Tables } from './tables.ts';
import { serves } from './users.ts';

/** How two people stand to each other, as far as it decides who may reach whom (A5). */
export class Peers {
  private readonly commonGroup;

  constructor({ db }: Tables) {
    this.commonGroup = db.prepare(
      `SELECT 1 FROM members a JOIN members b ON b.user = ? AND b.conversation = a.conversation AND b.gone = 0
       JOIN conversations c ON c.key = a.conversation AND c.kind = 'group' AND c.closed = 0
       WHERE a.user = ? AND a.gone = 0 LIMIT 1`,
    );
  }

  /** A person as another one sees them. */
  of(peer: User, seenBy: User): Peer {
    return {
      serves: serves(peer.role),
      sharesGroup: () => this.commonGroup.get(peer.key, seenBy.key) !== undefined,
    };
  }
}
