import type { Refusal } from '@skein/protocol';
import type { Changed, Effect, Input, Received } from '@skein/sync';
import type { Device } from '../device/device.ts';
import type { Marker } from '../markers.ts';
import { AnswerChecks } from './answers.ts';
import type { Ledger } from './ledger.ts';
import { ScreenChecks } from './screens.ts';
import { must } from './violation.ts';
import type { Seen, Witness } from './witness.ts';

/** Follows one device: what it is given, and what it shows. */
export class DeviceWatch {
  /** Of the store that the device's copy is of. */
  epoch: string | undefined;
  readonly #witness: Witness;
  readonly #device: Device;
  readonly #answers: AnswerChecks;
  readonly #ledger: Ledger;
  readonly #reached: Set<Marker>;
  /** Calls of this connection, by token. */
  readonly #asked = new Set<number>();
  #screens: ScreenChecks;

  constructor(witness: Witness, ledger: Ledger, device: Device, reached: Set<Marker>) {
    this.#reached = reached;
    this.#witness = witness;
    this.#ledger = ledger;
    this.#device = device;
    this.#answers = new AnswerChecks(witness, () => device.spec.role !== 'customer');
    this.#screens = new ScreenChecks(witness, ledger, device);
  }

  input(input: Input): void {
    switch (input.type) {
      case 'opened':
        this.#asked.clear();
        this.epoch = input.saved.meta?.epoch;
        this.#screens = new ScreenChecks(this.#witness, this.#ledger, this.#device);
        break;
      case 'connected':
        this.#asked.clear();
        this.#isOf(input.epoch);
        break;
      case 'disconnected':
        this.#asked.clear();
        break;
      case 'fetched':
        this.#answers.answer(this.#device.spec.userId, input);
        // An answer from before the line broke may be of another store, and is passed over.
        if (this.#asked.delete(input.token)) this.#isOf(input.answer.epoch);
        break;
      case 'received':
        this.#received(input);
        break;
      case 'published':
        if (input.numbers) this.#isStored(input.numbers);
        break;
      case 'send':
        this.#ledger.given(this.#device, input.clientMessageId);
        break;
      case 'storeFailed':
        this.#reached.add('a device could not write');
        break;
      case 'refused':
        this.#refused(input.refusal);
        break;
      case 'retry':
        this.#reached.add('a send was retried by hand');
        this.#screens.retried(input.clientMessageId);
        break;
      default:
    }
  }

  #refused({ refused }: Refusal): void {
    if (refused === 'RATE_LIMITED') this.#reached.add('a send was rate limited');
    else if (refused === 'UNAVAILABLE') this.#reached.add('the server was overloaded');
    else this.#reached.add('a send failed for good');
  }

  /** What the core wants done. */
  wants(effect: Effect): void {
    if (effect.type === 'fetch') this.#asked.add(effect.token);
    if (effect.type === 'load' && effect.range && !effect.positions)
      this.#reached.add('an older page came from the device');
    if (effect.type !== 'fetch' || effect.call !== 'listMessages') return;
    if (effect.request.beforeSeq !== undefined) this.#reached.add('an older page came from the server');
    else if (effect.request.afterSeq !== undefined) this.#reached.add('a hole was fetched');
  }

  #isOf(epoch: string | undefined): void {
    if (epoch === undefined || epoch === this.epoch) return;
    if (this.epoch !== undefined) this.#reached.add('a copy was of another epoch');
    this.epoch = epoch;
    this.#screens.restart();
  }

  #received(received: Received): void {
    const { userId } = this.#device.spec;
    switch (received.name) {
      case 'message':
      case 'service': {
        const { conversationId = '', seq = '0', messageId } = received.payload;
        const seen = this.#find(conversationId, Number(seq), messageId);
        this.#answers.mayKnow(userId, conversationId, seen);
        this.#witness.mayHear(userId, conversationId, seen);
        break;
      }
      case 'ack': {
        const { code = 0, conversationId = '', seq = '0', messageId = '' } = received.payload;
        if (code === 0) this.#isStored({ conversationId, seq: Number(seq), messageId });
        break;
      }
      case 'feed': {
        const { epoch = '', conversation } = received.payload;
        if (conversation) this.#answers.state(userId, epoch, conversation);
        this.#isOf(epoch);
        break;
      }
      default:
    }
  }

  /** An entry that is on the server's disk, in this epoch or one before. */
  #find(conversationId: string, seq: number, messageId: string): Seen {
    for (const epoch of [...this.#witness.epochs.keys()].reverse()) {
      const seen = this.#witness.log(epoch, conversationId)?.entries[seq - 1];
      if (seen?.messageId === messageId) return seen;
    }
    must(false, 'O1', () => `${this.#device.spec.name} is handed ${conversationId} #${seq} as ${messageId}`);
  }

  /** L1: an acknowledgement is for what is on the disk. */
  #isStored(numbers: { conversationId: string; seq: number; messageId: string }): void {
    const { conversationId, seq, messageId } = numbers;
    for (const epoch of this.#witness.epochs.keys()) {
      if (this.#witness.log(epoch, conversationId)?.entries[seq - 1]?.messageId === messageId) return;
    }
    must(
      false,
      'L1',
      () => `${conversationId} #${seq} was acknowledged to ${this.#device.spec.name}, not kept`,
    );
  }

  changed(changed: Changed): void {
    const { sync } = this.#device;
    if (!sync || changed.what !== 'conversation') return;
    const view = sync.conversation(changed.conversationId);
    if (view) this.#screens.view(view, this.epoch);
    else this.#screens.closed(changed.conversationId);
  }
}
