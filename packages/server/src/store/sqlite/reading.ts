import { draftContent, isRefusal, parseConversationId, type Refusal } from '@skein/protocol';
import type { Found, Members, MemberView, Page, PageRange, Reader, SearchQuery } from '../store.ts';
import { type EntryRow, LogEntry } from './entry.ts';
import { firstReadable, isOwn, notAllowed } from './rights.ts';
import type { Conversation } from './state.ts';
import type { Tables } from './tables.ts';
import { serves } from './users.ts';
import { type Visible, VisibleEntries } from './visible-entries.ts';

/** So many rows are looked at by one search; then the caller goes on from there. */
const searchedRows = 2_000;

/** What a member reads of a conversation. */
export class Reading {
  private readonly tables: Tables;
  private readonly visible: VisibleEntries;

  constructor(tables: Tables) {
    this.tables = tables;
    this.visible = new VisibleEntries(tables.db);
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
    const looked = this.lookedAt(reader, query);
    if (isRefusal(looked)) return looked;
    const wanted = query.text.toLowerCase();
    const found: LogEntry[] = [];
    for (const { conversation, row } of looked.rows) {
      if (row.recalledBy !== undefined) continue;
      const entry = entryOf(this.tables.conversations.byKey(conversation), row);
      if (draftContent(entry.draft).toLowerCase().includes(wanted)) found.push(entry);
      if (found.length === query.limit) return { entries: found, nextBeforeId: row.id };
    }
    return { entries: found, nextBeforeId: looked.through };
  }

  /** The newest entries that one search looks at. */
  private lookedAt(reader: Reader, { conversationId, beforeId }: SearchQuery): Visible | Refusal {
    if (conversationId === undefined) {
      const { key } = this.tables.users.get(reader.userId);
      return serves(reader.role)
        ? this.visible.before(key, beforeId, searchedRows)
        : this.visible.ownBefore(key, beforeId, searchedRows);
    }
    const readable = this.readable(reader, conversationId);
    return isRefusal(readable) ? readable : this.lookedAtIn(readable, beforeId);
  }

  private lookedAtIn({ conversation, firstSeq }: Readable, beforeId: bigint | undefined): Visible {
    const { entries } = this.tables;
    const { key, head } = conversation;
    const beforeSeq = beforeId === undefined ? head + 1 : entries.firstSeqAfter(key, beforeId - 1n, head);
    const rows = entries.listBefore(key, firstSeq, beforeSeq, searchedRows).reverse();
    return {
      rows: rows.map((row) => ({ conversation: key, row })),
      through: rows.length === searchedRows ? rows.at(-1)!.id : undefined,
    };
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
