import { defaultReplyPolicy, type Millis, type ReplyPolicy, type UserId } from '@skein/chat';
import type { Changed, Effect } from './effect.ts';
import { Jitter } from './jitter.ts';

/** What all machines of one core share: the present time, tokens, and the way out for effects. */
export class Context {
  userId: UserId = '';
  /** A program writes: what it sends says so. */
  isBot = false;
  replyPolicy: ReplyPolicy = defaultReplyPolicy;
  jitter = new Jitter(0);
  /** Milliseconds that only grow, also when the device's clock is set back (L4). All deadlines are of this time. */
  now: Millis = 0;
  /** Unix milliseconds of the device's clock. */
  wall: Millis = 0;
  #tokens = 0;
  #effects: Effect[] = [];
  #handedOut = 0;
  readonly #changed = new Map<string, Changed>();
  readonly #stale = new Set<string>();

  advance(wall: Millis): void {
    if (this.wall !== 0 && wall > this.wall) this.now += wall - this.wall;
    this.wall = wall;
  }

  token(): number {
    this.#tokens += 1;
    return this.#tokens;
  }

  emit(effect: Effect): void {
    this.#effects.push(effect);
  }

  conversationChanged(conversationId: string): void {
    this.#mark(conversationId, { what: 'conversation', conversationId });
  }

  listChanged(): void {
    this.#mark('list', { what: 'list' });
  }

  connectionChanged(): void {
    this.#mark('connection', { what: 'connection' });
  }

  #mark(snapshot: string, changed: Changed): void {
    this.#changed.set(snapshot, changed);
    this.#stale.add(snapshot);
  }

  /** Whether a snapshot (a conversation's id, `list` or `connection`) changed since it was taken; asking takes it. */
  takeStale(snapshot: string): boolean {
    return this.#stale.delete(snapshot);
  }

  /** Says once what changed, however often it did. */
  emitChanged(): void {
    for (const changed of this.#changed.values()) this.emit({ type: 'notify', changed });
    this.#changed.clear();
  }

  nextEffect(): Effect | undefined {
    const effect = this.#effects[this.#handedOut++];
    if (effect === undefined) {
      this.#effects = [];
      this.#handedOut = 0;
    }
    return effect;
  }
}
