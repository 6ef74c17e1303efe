import { type Position, raise, type Seq, type UserId } from '@skein/chat';
import type { ConversationName } from '@skein/protocol';
import { nowhere } from './members.ts';
import type { ConversationRow, LogRow, OwnPosition } from './rows.ts';

/** A position that the server does not know of yet. */
export interface Untold {
  readonly kind: 'delivered' | 'read';
  readonly seq: Seq;
}

/** How far one is in a conversation oneself, and how far one's own entries have come. Positions only grow (R1). */
export class Standing {
  readonly #name: ConversationName;
  #own: OwnPosition;
  #reached: Position;
  /** The end of the log on the device. */
  #storedTo: Seq;

  constructor(name: ConversationName, row: ConversationRow | undefined) {
    this.#name = name;
    this.#own = row?.own ?? { read: 0, deliveredTold: 0, readTold: 0 };
    this.#reached = row?.reached ?? nowhere;
    this.#storedTo = row?.log?.newest.to ?? 0;
  }

  get own(): OwnPosition {
    return this.#own;
  }

  /** How far own entries are: with the other one, with all of a group, with the other side of the service. */
  get reached(): Position {
    return this.#reached;
  }

  stored(cursor: Seq): void {
    this.#storedTo = Math.max(this.#storedTo, cursor);
  }

  /** @returns whether anything is new. */
  read(seq: Seq, by: 'told' | 'untold'): boolean {
    const { read, readTold } = this.#own;
    const told = by === 'told' ? Math.max(readTold, seq) : readTold;
    if (seq <= read && told === readTold) return false;
    this.#own = { ...this.#own, readTold: told, read: Math.max(read, seq) };
    return true;
  }

  /** The server has it as delivered. */
  toldDelivered(seq: Seq): boolean {
    if (seq <= this.#own.deliveredTold) return false;
    this.#own = { ...this.#own, deliveredTold: seq };
    return true;
  }

  /** The server does not have what it was told: it is to be told again. @returns whether that is so. */
  untell(delivered: Seq, read: Seq): boolean {
    const deliveredTold = Math.min(this.#own.deliveredTold, delivered);
    const readTold = Math.min(this.#own.readTold, read);
    if (deliveredTold === this.#own.deliveredTold && readTold === this.#own.readTold) return false;
    this.#own = { ...this.#own, deliveredTold, readTold };
    return true;
  }

  /**
   * Somebody has come to a position.
   *
   * @param everybody how far all others in a group are
   */
  heard(me: UserId, userId: UserId, position: Position, everybody: Position): boolean {
    const name = this.#name;
    const isGroup = name.kind === 'group';
    const isOtherSide = name.kind === 'cs' && name.customer !== me ? userId === name.customer : userId !== me;
    if (!isGroup && !isOtherSide) return false;
    const { delivered, read } = isGroup ? everybody : position;
    const before = this.#reached;
    this.#reached = raise(raise(before, 'delivered', delivered, delivered), 'read', read, read);
    return this.#reached !== before;
  }

  /**
   * The receipt that is due, if any; read before delivered, which it implies. Delivered is what is on the device, and
   * nothing that lies beyond a hole (R2).
   */
  untold(log: LogRow | undefined): Untold | undefined {
    const { read, readTold, deliveredTold } = this.#own;
    if (read > readTold) return { kind: 'read', seq: read };
    if (!log) return undefined;
    const { from, to } = log.newest;
    const told = Math.max(deliveredTold, readTold);
    const reachesDown = from <= told + 1 || from <= (log.firstSeq ?? 0);
    const delivered = Math.min(this.#storedTo, to);
    return reachesDown && delivered > told ? { kind: 'delivered', seq: delivered } : undefined;
  }
}
