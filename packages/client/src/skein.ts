import { isUserId } from '@skein/protocol';
import { clientMessageId } from '@skein/sync';
import { Calls } from './calls/calls.ts';
import { Backoff } from './connection/backoff.ts';
import { type Token, Tokens } from './connection/token.ts';
import { watchPage } from './connection/wake.ts';
import { ConnectionStatus } from './connection-status.ts';
import { Conversation } from './conversation.ts';
import { ConversationList } from './conversation-list.ts';
import type { Core } from './core/core.ts';
import { CurrentCore } from './core/current-core.ts';
import { LocalCore } from './core/local-core.ts';
import { type Clock, deviceClock } from './device/clock.ts';
import { asSkeinError, SkeinError } from './error.ts';
import { webSocketLine } from './line/web-socket-line.ts';
import type { SkeinOptions } from './options.ts';
import { IndexedDbStorage } from './storage/indexed-db-storage.ts';
import { MemoryStorage } from './storage/memory-storage.ts';
import { PatientStorage } from './storage/patient-storage.ts';
import type { Storage } from './storage/storage.ts';
import { askingLocks, type LockChannel } from './tabs/asking-locks.ts';
import type { Channel } from './tabs/channel.ts';
import { Election } from './tabs/election.ts';
import { webLocks } from './tabs/locks.ts';
import { checkTarget, conversationIdOf, type Target } from './target.ts';

type User = Pick<Token, 'userId' | 'role'>;

/**
 * Makes a client, and starts it.
 *
 *     const skein = createSkein({ url: 'wss://chat.example.com', token: () => fetchToken() });
 *     const talk = skein.conversation({ person: '1002' });
 *     await talk.send('你好');
 *
 * @throws SkeinError MISUSE at an address or user id that is none
 */
export function createSkein(options: SkeinOptions): Skein {
  return new Skein(options);
}

/** A user's client: their conversations, and the connection that keeps them in step. */
export class Skein {
  /** The user's conversations, as a list. */
  readonly conversations: ConversationList;
  readonly connection: ConnectionStatus;
  readonly #options: SkeinOptions;
  readonly #url: URL;
  readonly #clock: Clock = deviceClock;
  readonly #tokens: Tokens;
  readonly #core: CurrentCore;
  readonly #user: string | Promise<string>;
  #election: Election | undefined;
  #stopWaiting: () => void = () => {};
  #closed = false;

  /** Use `createSkein`. */
  constructor(options: SkeinOptions) {
    this.#options = options;
    this.#url = addressOf(options.url);
    this.#tokens = new Tokens(options.token, this.#clock, options.user);
    this.#core = new CurrentCore(this.#clock.now());
    this.conversations = new ConversationList(this.#core);
    this.connection = new ConnectionStatus(this.#core);
    if (options.user !== undefined && !isUserId(options.user)) {
      throw new SkeinError('MISUSE', `"${options.user}" is no user id: an unsigned 64-bit number in decimal`);
    }
    const user = this.#whoIsIt();
    this.#user = options.user ?? user.then(({ userId }) => userId);
    user.then((known) => this.#open(known)).catch(() => this.close());
  }

  /** One conversation; whether there is one already does not matter. @throws SkeinError MISUSE at ids that are none */
  conversation(target: Target): Conversation {
    checkTarget(target);
    const user = this.#user;
    const conversationId =
      typeof user === 'string'
        ? conversationIdOf(target, user)
        : user.then((userId) => conversationIdOf(target, userId));
    return new Conversation({
      core: this.#core,
      conversationId,
      newMessageId: () => clientMessageId(this.#clock.now(), this.#clock.random()),
    });
  }

  /** Ends the connection; nothing is left running. What was queued on the device is sent by the next client. */
  close(): void {
    this.#closed = true;
    this.#stopWaiting();
    this.#election?.close();
    this.#core.close();
  }

  /** As the page says, or else as the first token does. */
  async #whoIsIt(): Promise<User> {
    const { user } = this.#options;
    if (user !== undefined) return { userId: user, role: undefined };
    const backoff = new Backoff();
    while (!this.#closed) {
      try {
        return await this.#tokens.get();
      } catch (error) {
        await this.#waitFor(backoff.next(this.#clock.random()), error);
      }
    }
    throw new SkeinError('CLOSED_CLIENT', 'the client was closed before there was a token');
  }

  #waitFor(delayMs: number, error: unknown): Promise<void> {
    const since = this.#clock.now();
    const reason = asSkeinError(error, 'UNAUTHENTICATED', 'the application gave no token: see the cause');
    this.#core.opening({ name: 'waiting', since, retryAt: since + delayMs, reason });
    return new Promise((resolve) => {
      const callOff = this.#clock.at(since + delayMs, resolve);
      this.#stopWaiting = () => {
        callOff();
        resolve();
      };
    });
  }

  async #open(user: User): Promise<void> {
    if (this.#closed) return;
    const name = `skein ${this.#url.host}${this.#url.pathname} ${user.userId}`;
    const openCore = () => this.#openCore(user, name);
    if (!this.#sharesTabs) {
      this.#core.become(await openCore());
      return;
    }
    const tab = crypto.randomUUID();
    const { locks } = navigator;
    this.#election = new Election({
      name,
      tab,
      channel: new BroadcastChannel(name) as Channel,
      locks: locks
        ? webLocks(locks)
        : askingLocks(new BroadcastChannel(`${name} locks`) as LockChannel, this.#clock, tab),
      openCore,
      current: this.#core,
    });
  }

  get #sharesTabs(): boolean {
    const { tabs = true, storage } = this.#options;
    const isShared = storage === undefined && typeof indexedDB !== 'undefined';
    return tabs && isShared && typeof BroadcastChannel !== 'undefined';
  }

  #openCore(user: User, name: string): Promise<Core> {
    const { fetch: fetchOwn, line, webSocket } = this.#options;
    const [clock, url, tokens] = [this.#clock, this.#url, this.#tokens];
    return LocalCore.open({
      clock,
      user,
      storage: new PatientStorage(this.#storageOf(user.userId, name), clock),
      calls: new Calls({ url, tokens, clock, fetch: fetchOwn ?? ((address, init) => fetch(address, init)) }),
      connection: {
        url,
        tokens,
        clock,
        openLine: line ?? webSocketLine(webSocket),
        clientId: `skein-${crypto.randomUUID()}`,
        watchWakes: watchPage,
      },
    });
  }

  #storageOf(userId: string, name: string): Storage {
    const { storage } = this.#options;
    if (storage !== undefined) return storage(userId);
    return typeof indexedDB === 'undefined' ? new MemoryStorage() : new IndexedDbStorage(name);
  }
}

function addressOf(given: string | URL | undefined): URL {
  const page = typeof location === 'undefined' ? undefined : location.origin;
  const url = URL.parse(given ?? page ?? '', page);
  const protocol = url?.protocol.replace(/^ws/, 'http');
  if (url === null || (protocol !== 'http:' && protocol !== 'https:')) {
    throw new SkeinError(
      'MISUSE',
      `"${given}" is no address of an installation, as "https://chat.example.com" is`,
    );
  }
  return new URL(url.href.replace(/^ws/, 'http'));
}
