import { draftContent, isRefusal, parseConversationId, type Refusal } from '@skein/protocol';
import type { Found, Members, MemberView, Page, PageRange, Reader, SearchQuery } from '../store.ts';
import { type EntryRow, LogEntry } from './entry.ts';
import { firstReadable, isOwn, notAllowed } from './rights.ts';
import type { Conversation } from './state.ts';
import type { Tables } from './tables.ts';

/** So many rows are looked at by one search; then the caller goes on from there. */
const searchedRows = 2_000;

/** What a member reads of a conversation. */
export class Reading {
  private readonly tables: Tables;

  constructor(tables: Tables) {
    this.tables = tables;
  }

  page(reader: Reader, conversationId: string, range: PageRange): Page | Refusal {
    const readable = this.readable(reader, conversationId);
    if (isRefusal(readable)) return this.notBegun(reader, conversationId) ? emptyPage : readable;
    const { conversation, firstSeq } = readable;
    const headSeq = conversation.head;
    const { entries } = this.tables;
    const rows =
      range.afterSeq === undefined
        ? entries.listBefore(conversation.key, firstSeq, range.beforeSeq ?? headSeq + 1, range.limit)
        : entries.listAfter(conversation.key, Math.max(range.afterSeq, firstSeq - 1), range.limit);
    return { headSeq, firstSeq, entries: rows.map((row) => entryOf(conversation, row)) };
  }

  members(reader: Reader, conversationId: string): Members | Refusal {
    const readable = this.readable(reader, conversationId);
    if (!isRefusal(readable)) return membersOf(readable.conversation);
    return this.notBegun(reader, conversationId) ? noMembers : readable;
  }

  /** A conversation that this reader could begin is empty, not unknown. */
  private notBegun(reader: Reader, conversationId: string): boolean {
    if (this.tables.conversations.get(conversationId)) return false;
    const name = parseConversationId(conversationId);
    return name !== undefined && isOwn(reader, name);
  }

  search(reader: Reader, query: SearchQuery): Found | Refusal {
    const wanted = query.text.toLowerCase();
    const found: LogEntry[] = [];
    let looked = 0;
    let last: bigint | undefined;
    const look = (conversation: Conversation, row: EntryRow): boolean => {
      looked += 1;
      last = row.id;
      if (row.recalledBy === undefined) {
        const entry = entryOf(conversation, row);
        if (draftContent(entry.draft).toLowerCase().includes(wanted)) found.push(entry);
      }
      return found.length < query.limit && looked < searchedRows;
    };
    if (query.conversationId === undefined) {
      this.lookEverywhere(reader, query.beforeId, look);
    } else {
      const readable = this.readable(reader, query.conversationId);
      if (isRefusal(readable)) return readable;
      this.lookIn(readable, query.beforeId, look);
    }
    const stopped = found.length === query.limit || looked === searchedRows;
    return { entries: found, nextBeforeId: stopped ? last : undefined };
  }

  private lookIn(
    { conversation, firstSeq }: Readable,
    beforeId: bigint | undefined,
    look: (conversation: Conversation, row: EntryRow) => boolean,
  ): void {
    const { entries } = this.tables;
    const { key, head } = conversation;
    const beforeSeq = beforeId === undefined ? head + 1 : entries.firstSeqAfter(key, beforeId - 1n, head);
    const rows = entries.listBefore(key, firstSeq, beforeSeq, searchedRows);
    for (const row of rows.reverse()) if (!look(conversation, row)) return;
  }

  private lookEverywhere(
    reader: Reader,
    beforeId: bigint | undefined,
    look: (conversation: Conversation, row: EntryRow) => boolean,
  ): void {
    for (const row of this.tables.entries.listOlderOf(
      this.tables.users.get(reader.userId).key,
      beforeId,
      searchedRows,
    )) {
      const conversation = this.tables.conversations.byKey(row.conversation);
      const firstSeq = firstReadable(reader, conversation);
      if (firstSeq !== undefined && row.row.seq >= firstSeq && !look(conversation, row.row)) return;
    }
  }

  private readable(reader: Reader, conversationId: string): Readable | Refusal {
    const conversation = this.tables.conversations.get(conversationId);
    if (!conversation) return notAllowed;
    const firstSeq = firstReadable(reader, conversation);
    return firstSeq === undefined ? notAllowed : { conversation, firstSeq };
  }
}

const emptyPage: Page = { headSeq: 0, firstSeq: 1, entries: [] };
const noMembers: Members = { name: undefined, headSeq: 0, members: [] };

interface Readable {
  readonly conversation: Conversation;
  readonly firstSeq: number;
}

export function membersOf(conversation: Conversation): Members {
  const members: MemberView[] = [];
  for (const member of conversation.members.values()) {
    if (member.gone) continue;
    const { user, owner, joined, delivered, read } = member;
    members.push({ userId: user.id, name: user.name, owner, joined, delivered, read });
  }
  return { name: conversation.title, headSeq: conversation.head, members };
}

function entryOf(conversation: Conversation, row: EntryRow): LogEntry {
  return new LogEntry(conversation.id, conversation.name, row);
}
