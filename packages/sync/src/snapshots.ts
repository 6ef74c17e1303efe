import type { Notice } from '@skein/protocol';
import type { Calls } from './calls.ts';
import type { Context } from './context.ts';
import type { ConversationList } from './conversation-list.ts';
import type { Journal } from './journal.ts';
import type { Line } from './line.ts';
import { stateAt } from './members.ts';
import type { Outbox } from './outbox.ts';
import type { ListRow } from './rows.ts';
import type {
  ConnectionView,
  ConversationView,
  ListItemView,
  ListView,
  SendView,
  SyncState,
} from './view.ts';
import { conversationView, kept, listItem, type Pending } from './views.ts';

const nonePending: Pending = { pending: 0, failed: 0 };

/** A line of the list, and what it was made from. */
interface Item {
  readonly row: ListRow;
  readonly view: ListItemView;
}

/** The snapshots that are handed out. They are made when asked for, and only anew when something in them changed. */
export class Snapshots {
  readonly #context: Context;
  readonly #list: ConversationList;
  readonly #outbox: Outbox;
  readonly #journal: Journal;
  readonly #calls: Calls;
  readonly #conversations = new Map<string, ConversationView>();
  readonly #items = new Map<string, Item>();
  #listView: ListView | undefined;
  #connectionView: ConnectionView | undefined;
  #notice: ConnectionView['notice'];

  constructor(context: Context, list: ConversationList, outbox: Outbox, journal: Journal, calls: Calls) {
    this.#context = context;
    this.#list = list;
    this.#outbox = outbox;
    this.#journal = journal;
    this.#calls = calls;
  }

  conversation(conversationId: string, line: Line): ConversationView | undefined {
    const conversation = this.#list.get(conversationId);
    if (!conversation?.screen) {
      this.#conversations.delete(conversationId);
      return undefined;
    }
    const before = this.#conversations.get(conversationId);
    if (!this.#context.takeStale(conversationId) && before) return before;
    for (const id of this.#conversations.keys())
      if (!this.#list.get(id)?.screen) this.#conversations.delete(id);
    const view = conversationView(conversation, this.#outbox.of(conversationId), line, before);
    this.#conversations.set(conversationId, view);
    return view;
  }

  list(line: Line): ListView {
    if (!this.#context.takeStale('list') && this.#listView) return this.#listView;
    const sends = this.#pending();
    const items: ListItemView[] = [];
    for (const { id, list } of this.#list.all) {
      const waiting = sends.get(id) ?? nonePending;
      // One that was only looked at is not in the list.
      if (list.lastSeq === 0 && list.version === 0 && waiting.pending === 0) continue;
      items.push(this.#item(id, list, waiting));
    }
    items.sort((a, b) => b.updateTime - a.updateTime || (a.conversationId < b.conversationId ? -1 : 1));
    for (const id of this.#items.keys()) if (!this.#list.get(id)) this.#items.delete(id);
    this.#listView = kept(this.#listView, {
      sync: this.#syncOfList(line),
      conversations: items,
      totalUnread: items.reduce((total, { unread }) => total + unread, 0),
      totalUnreplied: items.filter(({ waitingSince }) => waitingSince !== undefined).length,
    });
    return this.#listView;
  }

  /** The line of before, as long as nothing in it has changed. */
  #item(id: string, row: ListRow, sends: Pending): ListItemView {
    const before = this.#items.get(id);
    const { view } = before ?? {};
    if (before?.row === row && view?.pending === sends.pending && view.failed === sends.failed) return view;
    const item = { row, view: kept(view, listItem(id, row, this.#context.userId, sends)) };
    this.#items.set(id, item);
    return item.view;
  }

  #pending(): Map<string, Pending> {
    const sends = new Map<string, Pending>();
    for (const { conversationId, failed } of this.#outbox.summaries) {
      const before = sends.get(conversationId) ?? nonePending;
      sends.set(conversationId, { pending: before.pending + 1, failed: before.failed + (failed ? 1 : 0) });
    }
    return sends;
  }

  #syncOfList(line: Line): SyncState {
    if (line.name === 'down') return { name: 'offline', since: line.since };
    return line.name === 'current' ? { name: 'current', seq: this.#list.version } : { name: 'catching up' };
  }

  connection(line: Line): ConnectionView {
    if (!this.#context.takeStale('connection') && this.#connectionView) return this.#connectionView;
    this.#connectionView = kept(this.#connectionView, {
      state: this.#stateOf(line),
      pending: this.#outbox.size,
      failed: this.#outbox.failed,
      keeping: this.#journal.keeping,
      ...(this.#notice && { notice: this.#notice }),
    });
    return this.#connectionView;
  }

  #stateOf(line: Line): ConnectionView['state'] {
    if (line.name === 'down') return { name: 'offline', since: line.since };
    const { done, total } = this.#calls.progress;
    return line.name === 'current' && done >= total
      ? { name: 'current' }
      : { name: 'catching up', done, total };
  }

  notice({ kind, time, text }: Notice): void {
    this.#notice = { kind, time: Number(time), text };
    this.#context.connectionChanged();
  }

  send(clientMessageId: string): SendView | undefined {
    const view = this.#outbox.view(clientMessageId);
    if (view?.state !== 'sent' || view.seq === undefined) return view;
    const conversation = this.#list.get(view.conversationId);
    return conversation ? { ...view, state: stateAt(view.seq, conversation.standing.reached) } : view;
  }
}
