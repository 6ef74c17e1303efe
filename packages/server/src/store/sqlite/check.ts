import type { DatabaseSync } from 'node:sqlite';
import { type EntryFacts, type ReplyPolicy, recountReply, recountUnread } from '@skein/chat';
import { type ConversationKind, fromSigned64, parseConversationId } from '@skein/protocol';
import { prepareBig } from './database.ts';
import { entryColumns, factsOf, type RawEntry, toRow } from './entry.ts';

interface ConversationRow {
  key: bigint;
  id: string;
  head: bigint;
  answered_seq: bigint;
  waiting_seq: bigint | null;
  waiting_since: bigint | null;
}

interface MemberRow {
  user: bigint;
  gone: bigint;
  delivered: bigint;
  read: bigint;
  unread: bigint;
  applied: bigint;
  version: bigint;
  user_version: bigint;
}

/** Differences are told up to this number; more say the same. */
const mostDifferences = 100;

/**
 * Recounts from the log what is cached beside it (U4, N2), and looks for holes and doubles (O1). Each row is held
 * against the log as of the entry up to which the row was counted, so that it can run beside a writing server.
 */
export function checkDatabase(
  db: DatabaseSync,
  policy: ReplyPolicy,
  progress: (done: number, total: number) => void = () => {},
): string[] {
  const differences: string[] = [];
  const logOf = logReader(db);
  const membersOf = prepareBig(
    db,
    `SELECT m.user, m.gone, m.delivered, m.read, m.unread, m.applied, m.version,
            coalesce(u.version, 0) AS user_version
     FROM members m LEFT JOIN users u ON u.key = m.user WHERE m.conversation = ?`,
  );
  const conversations = prepareBig(
    db,
    'SELECT key, id, head, answered_seq, waiting_seq, waiting_since FROM conversations ORDER BY key',
  ).all() as unknown as ConversationRow[];
  for (const [index, row] of conversations.entries()) {
    const name = parseConversationId(row.id);
    if (!name) differences.push(`${row.id}: is no conversation's id`);
    else {
      const log = logOf(row.key).map((raw) => factsOf(name, toRow(raw)));
      differences.push(...numbering(row, log));
      if (name.kind === 'cs') differences.push(...reply(row, log, policy));
      for (const member of membersOf.all(row.key)) {
        differences.push(...unread(row, name.kind, log, member as unknown as MemberRow));
      }
    }
    progress(index + 1, conversations.length);
    if (differences.length >= mostDifferences) break;
  }
  return differences;
}

/** Reads one conversation's log: the entries whose numbers are written, and those that came since. */
function logReader(db: DatabaseSync): (conversation: bigint) => RawEntry[] {
  const numbered = prepareBig(
    db,
    `SELECT ${entryColumns} FROM numbers n LEFT JOIN entries e ON e.id = n.id AND e.conversation = n.conversation
     AND e.seq = n.seq WHERE n.conversation = ? ORDER BY n.seq`,
  );
  const since = prepareBig(
    db,
    `SELECT ${entryColumns}, e.conversation FROM entries e WHERE e.id >
     coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'projected_through'), 0) ORDER BY e.id`,
  );
  const recent = Map.groupBy(
    since.all() as unknown as (RawEntry & { conversation: bigint })[],
    ({ conversation }) => conversation,
  );
  return (conversation) => {
    const log = numbered.all(conversation) as unknown as RawEntry[];
    // A number whose entry is missing or another's has no row: the log ends there, and that is told as a hole.
    const broken = log.findIndex(({ id }) => id === null);
    if (broken >= 0) return log.slice(0, broken);
    const last = log.at(-1)?.seq ?? 0n;
    return [...log, ...(recent.get(conversation) ?? []).filter(({ seq }) => seq > last)];
  };
}

function numbering(row: ConversationRow, log: readonly EntryFacts[]): string[] {
  const wrong = log.findIndex((facts, index) => facts.seq !== index + 1);
  if (wrong >= 0) return [`${row.id}: entry ${wrong + 1} is missing from the log (O1)`];
  return log.length < Number(row.head)
    ? [`${row.id}: head is ${row.head}, the log ends at ${log.length} (O1)`]
    : [];
}

function reply(row: ConversationRow, log: readonly EntryFacts[], policy: ReplyPolicy): string[] {
  const counted = recountReply(log.slice(0, Number(row.head)), policy);
  const cachedWaiting =
    row.waiting_seq === null ? 'nothing' : `${row.waiting_seq} since ${row.waiting_since}`;
  const countedWaiting = counted.waiting ? `${counted.waiting.seq} since ${counted.waiting.time}` : 'nothing';
  const differences: string[] = [];
  if (cachedWaiting !== countedWaiting) {
    differences.push(`${row.id}: waiting is ${cachedWaiting}, the log says ${countedWaiting} (U3)`);
  }
  if (Number(row.answered_seq) !== counted.answeredSeq) {
    differences.push(
      `${row.id}: answered up to ${row.answered_seq}, the log says ${counted.answeredSeq} (U2)`,
    );
  }
  return differences;
}

function unread(
  row: ConversationRow,
  kind: ConversationKind,
  log: readonly EntryFacts[],
  member: MemberRow,
): string[] {
  if (member.gone) return [];
  const user = fromSigned64(member.user).toString();
  const differences: string[] = [];
  const seen = log.slice(0, Number(member.applied));
  const counted = kind === 'note' ? 0 : recountUnread(seen, user, Number(member.read));
  if (counted !== Number(member.unread)) {
    differences.push(`${row.id}: user ${user} has ${member.unread} unread, the log says ${counted} (N2)`);
  }
  if (member.read > member.delivered) {
    differences.push(`${row.id}: user ${user} has read ${member.read} of ${member.delivered} delivered (R1)`);
  }
  if (member.delivered > log.length) {
    differences.push(`${row.id}: user ${user} has ${member.delivered} delivered of ${log.length} (R1)`);
  }
  if (member.version > member.user_version) {
    differences.push(
      `${row.id}: user ${user} saw version ${member.version} in a feed at ${member.user_version} (S5)`,
    );
  }
  return differences;
}
