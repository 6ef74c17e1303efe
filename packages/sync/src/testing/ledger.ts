import { defaultReplyPolicy, MessageType, recalledBy, recountReply, recountUnread } from '@skein/chat';
import type { Ack } from '@skein/protocol';
import type { PublishEffect } from '../effect.ts';
import type { LogEntry } from '../entry.ts';
import type { ConversationView, SendState } from '../view.ts';
import type { Device } from './device.ts';
import type { ModelServer } from './model-server.ts';

/** What became of one send, as far as anybody said so. */
interface Sent {
  readonly conversationId: string;
  readonly device: Device;
  readonly order: number;
  saidQueued: boolean;
  /** Refused for good once, so that a person decides on it and its place in the order is open. */
  failed: boolean;
  byHand: boolean;
  acknowledged: boolean;
}

const ranks: Record<SendState, number> = {
  keeping: 0,
  'not kept': 1,
  queued: 2,
  sent: 3,
  delivered: 4,
  read: 5,
  failed: 6,
};

/** What was promised during a run, and whether it is kept. */
export class Ledger {
  readonly violations: string[] = [];
  readonly #server: ModelServer;
  readonly #sends = new Map<string, Sent>();
  readonly #states = new Map<Device, Map<string, SendState>>();
  readonly #evicted = new Set<Device>();
  /** The logs of all epochs so far, the present one last. */
  #past: Map<string, readonly LogEntry[]>[] = [];

  constructor(server: ModelServer) {
    this.#server = server;
  }

  #violation(text: string): void {
    this.violations.push(text);
  }

  wanted(device: Device, conversationId: string, key: string): void {
    const order = this.#sends.size;
    this.#sends.set(key, {
      conversationId,
      device,
      order,
      saidQueued: false,
      failed: false,
      byHand: false,
      acknowledged: false,
    });
  }

  answered({ clientMessageId, code }: Ack): void {
    const sent = this.#sends.get(clientMessageId);
    if (!sent) return;
    if (code === 0) sent.acknowledged = true;
    else if (code !== 4) sent.failed = true;
  }

  byHand(key: string): void {
    const sent = this.#sends.get(key);
    if (sent) sent.byHand = true;
  }

  crashed(device: Device): void {
    this.#states.delete(device);
  }

  /** From here on the disk may lack what it said it has. */
  evicted(device: Device): void {
    this.#evicted.add(device);
  }

  restoring(): void {
    this.#past.push(new Map([...this.#server.logs].map(([id, { entries }]) => [id, [...entries]])));
  }

  /** What the backup does not have is lost, whatever was said: that is the server's matter. */
  restored(): void {
    for (const [key, sent] of this.#sends) {
      if (sent.acknowledged && !this.#find(sent.conversationId, key)) sent.byHand = true;
    }
  }

  #find(conversationId: string, key: string): LogEntry | undefined {
    return this.#server.logs.get(conversationId)?.entries.find((entry) => entry.clientMessageId === key);
  }

  /** Safety, after each thing that a core did. */
  observe(device: Device): void {
    for (const id of device.changed) {
      const view = device.sync.conversation(id);
      if (view) this.#observeView(device, view);
    }
  }

  /** S3, after each transaction. */
  stored(device: Device): void {
    if (this.#evicted.has(device)) return;
    const [missing] = device.disk.missing();
    if (missing) this.#violation(`S3: ${device.name} has a range without entry ${missing}`);
  }

  #observeView(device: Device, view: ConversationView): void {
    const logs = [this.#server.logs.get(view.conversationId)!.entries];
    for (const past of this.#past) logs.push([...past.get(view.conversationId)!]);
    if (!logs.some((log) => isPartOf(view, log))) {
      const shown = view.entries.map((e) => (e.seq === undefined ? e.state : `${e.seq}=${e.messageId}`));
      this.#violation(`S2: ${device.name} shows ${view.conversationId} with a hole or a stranger: ${shown}`);
    }
    let isBelow = false;
    for (const entry of view.entries) {
      if (entry.seq === undefined) isBelow = true;
      else if (isBelow) this.#violation(`O4: ${device.name} shows an entry below a pending send`);
      if (entry.mine && entry.clientMessageId && entry.state)
        this.#observeState(device, entry.clientMessageId, entry.state);
    }
  }

  #observeState(device: Device, key: string, state: SendState): void {
    const sent = this.#sends.get(key);
    if (!sent) return;
    if (!this.#states.has(device)) this.#states.set(device, new Map());
    const states = this.#states.get(device)!;
    const before = states.get(key);
    states.set(key, state);
    if (state === 'queued' && sent.device === device) {
      sent.saidQueued = true;
      if (!device.disk.outbox.has(key))
        this.#violation(`Q1: ${device.name} says ${key} is queued, and it is not kept`);
    }
    // That a line doubles a send, and the server takes the second after refusing the first, is no fault of the outbox.
    const goesBack = before !== undefined && before !== 'failed' && ranks[state] < ranks[before];
    // Another epoch begins again, and so does a retry by hand.
    if (goesBack && !sent.byHand && this.#past.length === 0) {
      this.#violation(`Q2: ${device.name} shows ${key} as ${state} after ${before}`);
    }
  }

  published(device: Device, effect: PublishEffect): void {
    if (effect.name !== 'receipt' || effect.payload.kind !== 1) return;
    const { conversationId, seq } = effect.payload;
    const newest = device.disk.conversations.get(conversationId!)?.log?.newest;
    if (!newest || newest.to < Number(seq)) {
      this.#violation(`R2: ${device.name} says ${conversationId} ${seq} is delivered, and has not stored it`);
    }
  }

  /** L6, for one device: every view is the server's. */
  converged(device: Device, conversationIds: readonly string[]): void {
    const { sync, name, userId } = device;
    const fail = (what: string) => this.#violation(`L6: ${name}: ${what}`);
    if (sync.connection().state.name !== 'current') fail(`still ${JSON.stringify(sync.connection().state)}`);
    const { pending, failed } = sync.connection();
    if (pending !== failed) fail(`${pending - failed} sends neither sent nor failed`);
    for (const id of conversationIds) {
      const log = this.#server.logs.get(id)!;
      const member = log.members.get(userId)!;
      const view = sync.conversation(id);
      if (!view) {
        fail(`${id} is not open`);
        continue;
      }
      if (member.left) {
        if (view.entries.some(({ seq }) => seq !== undefined)) fail(`${id} is shown after leaving`);
        continue;
      }
      const shown = view.entries.flatMap((e) =>
        e.seq === undefined ? [] : [`${e.seq} ${e.messageId} ${e.content}`],
      );
      const expected = folded(log.entries.slice(member.joined));
      // What was read as a member before leaving and joining again may still be there.
      const all = folded(log.entries).join('\n');
      if (shown.length < expected.length || !all.endsWith(shown.join('\n'))) {
        fail(`${id} shows\n${shown.join('\n')}\nand not\n${expected.join('\n')}`);
      }
      const seq = log.entries.length;
      if (view.sync.name !== 'current' || view.sync.seq !== seq)
        fail(`${id} is ${JSON.stringify(view.sync)}, not ${seq}`);
      this.#counts(device, view, id);
    }
  }

  #counts(device: Device, view: ConversationView, id: string): void {
    const log = this.#server.logs.get(id)!;
    const { entries } = log;
    const member = log.members.get(device.userId)!;
    const item = device.sync.list().conversations.find(({ conversationId }) => conversationId === id);
    const unread = recountUnread(entries, device.userId, member.read);
    const waitingSince = id.startsWith('cs:')
      ? recountReply(entries, defaultReplyPolicy).waiting?.time
      : undefined;
    const compare = (rule: string, is: unknown, should: unknown) => {
      if (is !== should) this.#violation(`${rule}: ${device.name}: ${id} says ${is}, not ${should}`);
    };
    compare('N2 unread', view.unread, unread);
    compare('N2 unread in the list', item?.unread, unread);
    compare('U4 waiting', view.waitingSince, waitingSince);
    compare('S5 last seq', item?.lastSeq, entries.length);
    compare('R1 read', view.readSeq, member.read);
    for (const [userId, { delivered, read, left }] of log.members) {
      if (left) continue;
      const shown = view.members.find((one) => one.userId === userId);
      compare(`R1 read of ${userId}`, shown?.read, read);
      compare(`R1 delivered of ${userId}`, shown?.delivered, delivered);
    }
  }

  /** Nothing that was said to be queued is lost, nothing is there twice, and each device's order was kept (I1, O3). */
  complete(devices: readonly Device[]): void {
    for (const { entries, id } of this.#server.logs.values()) {
      const last = new Map<Device, number>();
      const met = new Set<string>();
      for (const { clientMessageId = '' } of entries) {
        const sent = this.#sends.get(clientMessageId);
        if (met.has(clientMessageId) || !sent)
          this.#violation(`I1: ${clientMessageId} is twice or from nowhere in ${id}`);
        met.add(clientMessageId);
        if (!sent || sent.byHand || sent.failed) continue;
        if (sent.order < (last.get(sent.device) ?? -1))
          this.#violation(`O3: ${clientMessageId} was overtaken in ${id}`);
        last.set(sent.device, sent.order);
      }
    }
    const waiting = new Set(devices.flatMap(({ disk }) => [...disk.outbox.keys()]));
    for (const [key, { saidQueued, byHand, conversationId }] of this.#sends) {
      if (!saidQueued || byHand || this.#find(conversationId, key)) continue;
      if (!waiting.has(key)) this.#violation(`Q1: ${key} was queued and is nowhere`);
    }
    this.#receipts(devices);
  }

  /** R2 in the end: what is on a device has been told, unless something before it is missing there. */
  #receipts(devices: readonly Device[]): void {
    for (const { disk, userId, name } of devices) {
      for (const { conversationId, log, own } of disk.conversations.values()) {
        const member = this.#server.logs.get(conversationId)!.members.get(userId);
        if (!member || member.left || !log) continue;
        if (log.newest.from <= member.delivered + 1 && log.newest.to > Math.max(member.delivered, own.read)) {
          this.#violation(
            `R2: ${name} has ${conversationId} up to ${log.newest.to}, told is ${member.delivered}`,
          );
        }
      }
    }
  }
}

function isAmendment({ messageType }: LogEntry): boolean {
  return messageType === MessageType.RECALL || messageType === MessageType.EDIT;
}

/** Whether what is shown is what a log has from one place to another: only amendments may be left out. */
function isPartOf(view: ConversationView, log: readonly LogEntry[]): boolean {
  const shown = view.entries.filter((entry) => entry.seq !== undefined);
  const last = shown.at(-1)?.seq ?? 0;
  const end = view.sync.name === 'current' ? view.sync.seq : last;
  const first = shown[0]?.seq ?? end + 1;
  const should = log.slice(first - 1, end).filter((entry) => !isAmendment(entry));
  return (
    should.length === shown.length && should.every(({ messageId }, i) => messageId === shown[i]!.messageId)
  );
}

/** A log as it should be shown (O6). */
function folded(entries: readonly LogEntry[]): string[] {
  const recalled = new Set(entries.map(recalledBy));
  return entries
    .filter((entry) => !isAmendment(entry))
    .map(({ seq, messageId, content }) => {
      const edit = entries.findLast(
        (e) => e.messageType === MessageType.EDIT && e.targetSeq === seq && e.seq > seq,
      );
      return `${seq} ${messageId} ${recalled.has(seq) ? '' : (edit?.content ?? content)}`;
    });
}
