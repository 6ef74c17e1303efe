import type { DatabaseSync } from 'node:sqlite';
import { serviceConversation } from '@skein/protocol';
import type { User } from './state.ts';

const ofService = "c.kind IN ('cs', 'note')";

/**
 * Makes somebody a member of all cases and notes, or of none (D0), in the rows alone: there may be more of them than
 * memory should hold. Within a transaction, before which everything was written and after which memory is cleared.
 */
export class ServiceMembers {
  private readonly joinAll;
  private readonly leaveAll;

  constructor(db: DatabaseSync) {
    // As ConversationTable.join: from the head on (N3), each one version up in the user's feed.
    this.joinAll = db.prepare(
      `INSERT INTO members (user, conversation, joined, owner, gone, delivered, read, unread, version, applied)
       SELECT ?1, c.key, c.head, 0, 0, c.head, c.head, 0, ?2 + row_number() OVER (ORDER BY c.last_id), c.head
       FROM conversations c WHERE ${ofService} AND NOT EXISTS
         (SELECT 1 FROM members m WHERE m.user = ?1 AND m.conversation = c.key AND m.gone = 0)
       ON CONFLICT (user, conversation) DO UPDATE SET joined = excluded.joined, owner = 0, gone = 0,
       delivered = excluded.delivered, read = excluded.read, unread = 0, version = excluded.version,
       applied = excluded.applied`,
    );
    this.leaveAll = db.prepare(
      `UPDATE members SET gone = 1, unread = 0, version = left.version
       FROM (SELECT m.conversation, ?2 + row_number() OVER (ORDER BY c.last_id) AS version
             FROM members m JOIN conversations c ON c.key = m.conversation
             WHERE m.user = ?1 AND m.gone = 0 AND ${ofService} AND c.id NOT GLOB ?3) AS left
       WHERE members.user = ?1 AND members.conversation = left.conversation`,
    );
  }

  /** Raises the user's version by the number of conversations; the caller writes it. */
  set(user: User, serving: boolean): void {
    const { changes } = serving
      ? this.joinAll.run(user.key, user.version)
      : this.leaveAll.run(user.key, user.version, ownCases(user));
    user.version += Number(changes);
  }
}

/** A pattern of the cases in which somebody is the customer: those are not left. */
function ownCases(user: User): string {
  return serviceConversation(user.id, 0).replace(/0$/, '*');
}
