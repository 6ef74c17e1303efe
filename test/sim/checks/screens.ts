import { MessageType, recalledBy, type Seq } from '@skein/chat';
import type { ConversationView, EntryView, PendingView, SendState } from '@skein/sync';
import type { Device } from '../device/device.ts';
import { isAmendment } from './answers.ts';
import type { Ledger } from './ledger.ts';
import { must } from './violation.ts';
import type { SeenLog, Witness } from './witness.ts';

const ranks: Record<SendState, number> = {
  keeping: 0,
  queued: 1,
  'not kept': 1,
  sent: 2,
  delivered: 3,
  read: 4,
  failed: 5,
};

/** What one page shows of its conversations must be true of the log that it is a copy of. */
export class ScreenChecks {
  readonly #witness: Witness;
  readonly #ledger: Ledger;
  readonly #device: Device;
  /** Entries that were looked at and have not changed since. */
  #known = new WeakSet<EntryView>();
  #views = new Map<string, ConversationView>();
  /** How far each send has come on this page. */
  #states = new Map<string, SendState>();
  #evictions: number;

  constructor(witness: Witness, ledger: Ledger, device: Device) {
    this.#witness = witness;
    this.#ledger = ledger;
    this.#device = device;
    this.#evictions = device.storage.evictions;
  }

  /** The copy is of another store now. */
  restart(): void {
    this.#known = new WeakSet();
    this.#views.clear();
    this.#states.clear();
  }

  closed(conversationId: string): void {
    this.#views.delete(conversationId);
  }

  retried(clientMessageId: string): void {
    this.#states.delete(clientMessageId);
  }

  view(view: ConversationView, epoch: string | undefined): void {
    const { conversationId } = view;
    const before = this.#views.get(conversationId);
    if (before === view) return;
    this.#views.set(conversationId, view);
    const log = epoch === undefined ? undefined : this.#witness.log(epoch, conversationId);
    this.#entries(view, log);
    this.#sync(view, log);
    must(
      // Who leaves a conversation has read nothing of it when joining again.
      before === undefined || view.refusal !== undefined || view.readSeq >= before.readSeq,
      'R1',
      () => `${this.#where(view)} reads ${view.readSeq} after ${before?.readSeq}`,
    );
    must(view.unread >= 0, 'N2', () => `${this.#where(view)} has ${view.unread} unread`);
    if (view.members !== before?.members) this.#members(view, log);
  }

  #where({ conversationId }: ConversationView): string {
    return `${this.#device.spec.name} in ${conversationId}`;
  }

  #entries(view: ConversationView, log: SeenLog | undefined): void {
    let last: EntryView | undefined;
    let lastPending: PendingView | undefined;
    for (const entry of view.entries) {
      if (entry.seq === undefined) {
        this.#pending(view, entry, lastPending, log);
        lastPending = entry;
        continue;
      }
      must(
        lastPending === undefined,
        'O4',
        () => `${this.#where(view)} shows a pending send above #${entry.seq}`,
      );
      this.#follows(view, last, entry, log);
      last = entry;
      if (this.#known.has(entry)) continue;
      this.#known.add(entry);
      this.#entry(view, entry, log);
    }
  }

  /** S2: nothing between two entries but what is shown in another way. */
  #follows(view: ConversationView, last: EntryView | undefined, entry: EntryView, log: SeenLog | undefined) {
    if (last === undefined || entry.seq === last.seq + 1) return;
    must(entry.seq > last.seq, 'O4', () => `${this.#where(view)} shows #${entry.seq} below #${last.seq}`);
    for (let seq = last.seq + 1; seq < entry.seq; seq++) {
      const between = log?.entries[seq - 1];
      must(
        between !== undefined && isAmendment(between),
        'S2',
        () => `${this.#where(view)} shows #${entry.seq} after #${last.seq}, without #${seq}`,
      );
    }
  }

  #entry(view: ConversationView, entry: EntryView, log: SeenLog | undefined): void {
    const seen = log?.entries[entry.seq - 1];
    must(
      seen?.messageId === entry.messageId && seen.senderId === entry.senderId,
      'O1',
      () => `${this.#where(view)} shows ${entry.messageId} as #${entry.seq}, the log has ${seen?.messageId}`,
    );
    must(
      entry.time === seen.facts.time,
      'O5',
      () => `${this.#where(view)} shows #${entry.seq} at ${entry.time}, it was stored at ${seen.facts.time}`,
    );
    const contents = log!.entries.filter(
      ({ facts }) => facts.targetSeq === entry.seq && facts.messageType === MessageType.EDIT,
    );
    const recalled = log!.entries.some(({ facts }) => recalledBy(facts) === entry.seq);
    const isTrue =
      (recalled && entry.content === '') ||
      entry.content === seen.content ||
      contents.some(({ content }) => content === entry.content);
    must(isTrue, 'O6', () => `${this.#where(view)} shows #${entry.seq} as '${entry.content}'`);
    must(
      !entry.recalled || recalled,
      'O6',
      () => `${this.#where(view)} shows #${entry.seq} as taken back, and it was not`,
    );
    this.#reached(view, entry, log!);
  }

  /** R1: what is shown as delivered or read is so for somebody else. */
  #reached(view: ConversationView, { state, seq, senderId }: EntryView, log: SeenLog): void {
    if (state !== 'delivered' && state !== 'read') return;
    const kind = state === 'read' ? 'read' : 'delivered';
    // Who joins begins at the end of the log, which the witness does not see.
    if (log.name.kind !== 'dm') return;
    const others = [...log.positions].filter(([userId]) => userId !== senderId || log.positions.size === 1);
    must(
      others.some(([, position]) => position[kind] >= seq) || isToOneself(log),
      'R1',
      () => `${this.#where(view)} shows #${seq} as ${state}, and nobody has it`,
    );
  }

  #pending(
    view: ConversationView,
    entry: PendingView,
    before: PendingView | undefined,
    log: SeenLog | undefined,
  ): void {
    const { clientMessageId: key, sendOrder, state } = entry;
    const said = () => `${this.#where(view)}: ${key} is '${state}'`;
    must(before === undefined || sendOrder > before.sendOrder, 'O4', () => `${said()} out of order`);
    const was = this.#states.get(key);
    if (was !== state) {
      this.#states.set(key, state);
      const isForward =
        was === undefined || ranks[state] > ranks[was] || (ranks[state] === 1 && ranks[was] === 1);
      must(isForward, 'Q2', () => `${said()} after '${was}'`);
    }
    if (state === 'sent') {
      const stored = log?.byKey.has(`${this.#device.spec.userId} ${key}`);
      must(stored === true, 'L1', () => `${said()}, and is not stored`);
    }
    if (state !== 'queued') return;
    const { storage } = this.#device;
    // A page cannot know that the browser has emptied its storage meanwhile.
    if (storage.evictions !== this.#evictions) return;
    must(storage.outbox.has(key), 'Q1', () => `${said()}, and not on the device`);
    this.#ledger.queued(this.#device, key);
  }

  /** S6: current means all of it, and only on a line that is up. */
  #sync(view: ConversationView, log: SeenLog | undefined): void {
    if (view.sync.name !== 'current') return;
    const { seq } = view.sync;
    const head = log?.entries.length ?? 0;
    must(this.#device.line !== undefined, 'S6', () => `${this.#where(view)} is current without a line`);
    must(seq <= head, 'S6', () => `${this.#where(view)} is current to ${seq}, the log ends at ${head}`);
    const last = view.entries.findLast((entry) => entry.seq !== undefined)?.seq ?? 0;
    for (let missing: Seq = last + 1; missing <= seq && view.entries.length > 0 && last > 0; missing++) {
      const seen = log!.entries[missing - 1]!;
      must(isAmendment(seen), 'S6', () => `${this.#where(view)} is current to ${seq} without #${missing}`);
    }
  }

  #members(view: ConversationView, log: SeenLog | undefined): void {
    const head = log?.entries.length ?? 0;
    for (const { userId, delivered, read } of view.members) {
      must(
        read <= delivered && delivered <= head,
        'R1',
        () => `${this.#where(view)} shows ${userId} at ${delivered}/${read} of ${head}`,
      );
    }
  }
}

function isToOneself({ name }: SeenLog): boolean {
  return name.kind === 'dm' && name.a === name.b;
}
