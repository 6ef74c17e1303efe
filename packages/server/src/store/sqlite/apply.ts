import { applyReply, type EntryFacts, type ReplyPolicy, readBySending, recalledBy } from '@skein/chat';
import { countsIn, factsOf } from './entry.ts';
import type { EntryTable } from './entry-table.ts';
import { bumpFeed, type Conversation, type Member } from './state.ts';

/**
 * What one more entry changes in its conversation and for its members. It is applied once in the transaction that
 * stores the entry and, after a crash, once more to whatever was not written behind: what has counted the entry
 * already (`head`, `applied`) passes it over.
 */
export function applyEntry(
  conversation: Conversation,
  entry: { readonly facts: EntryFacts; readonly id: bigint },
  entries: EntryTable,
  policy: ReplyPolicy,
): void {
  const { facts } = entry;
  const recalled = firstRecall(conversation, facts, entries);
  if (facts.seq > conversation.head) {
    conversation.head = facts.seq;
    conversation.lastId = entry.id;
    if (conversation.name.kind === 'cs') {
      conversation.reply = applyReply(conversation.reply, facts, policy, (after) =>
        entries.nextAsk(conversation.key, after, facts.seq),
      );
    }
    conversation.dirty = true;
  }
  for (const member of conversation.members.values()) {
    if (!member.gone && facts.seq > member.applied) applyToMember(member, facts, recalled, entries);
  }
}

function applyToMember(
  member: Member,
  facts: EntryFacts,
  recalled: EntryFacts | undefined,
  entries: EntryTable,
): void {
  const { user } = member;
  const { name } = member.conversation;
  if (countsIn(name, facts, user.id)) member.unread += 1;
  if (recalled && recalled.seq > member.read && countsIn(name, recalled, user.id)) member.unread -= 1;
  member.applied = facts.seq;
  if (facts.senderId === user.id) raiseBySending(member, facts, entries);
  bumpFeed(member);
}

/** R3: what one had seen when writing, one has read. */
function raiseBySending(member: Member, facts: EntryFacts, entries: EntryTable): void {
  const raised = readBySending(member, facts.contextSeq, facts.seq - 1);
  if (raised.read > member.read) raiseRead(member, raised.read, entries);
  member.delivered = Math.max(member.delivered, raised.delivered);
}

/** Moves the read position and recounts what is unread, by the shorter way: what was read, or what is left. */
export function raiseRead(member: Member, to: number, entries: EntryTable): void {
  const { conversation, user } = member;
  const count = (after: number, upTo: number) =>
    entries.countOthers(conversation.key, { after, upTo, asOf: member.applied }, user.key);
  if (to - member.read < member.applied - to) member.unread -= count(member.read, to);
  else member.unread = count(to, member.applied);
  member.read = to;
  member.delivered = Math.max(member.delivered, to);
}

/** The target of a recall that is the first to take effect on it (O6). */
function firstRecall(
  conversation: Conversation,
  facts: EntryFacts,
  entries: EntryTable,
): EntryFacts | undefined {
  const seq = recalledBy(facts);
  if (seq === undefined) return undefined;
  entries.markRecalled(conversation.key, seq, facts.seq);
  const target = entries.find(conversation.key, seq);
  return target?.recalledBy === facts.seq ? factsOf(conversation.name, target) : undefined;
}
