import { type InName, Notice_Kind } from '@skein/protocol';
import {
  type AnswerInput,
  type Changed,
  type ConnectionView,
  type ConversationView,
  type Effect,
  type FetchEffect,
  type Input,
  type ListView,
  type LoadEffect,
  type SendView,
  Sync,
  type UserInput,
} from '@skein/sync';
import type { Calls } from '../calls/calls.ts';
import { getPositions, listConversations, listMessages } from '../calls/chat-service.ts';
import { Connection, type ConnectionOptions } from '../connection/connection.ts';
import type { ConnectionState } from '../connection/state.ts';
import type { Token } from '../connection/token.ts';
import { Alarm } from '../device/alarm.ts';
import type { Clock } from '../device/clock.ts';
import { refusalOf, SkeinError } from '../error.ts';
import type { Storage } from '../storage/storage.ts';
import { Acknowledging } from './acknowledging.ts';
import { Changes } from './changes.ts';
import type { Core } from './core.ts';
import { payloadOf, publishedInput } from './published.ts';
import { receivedInput } from './received.ts';

export interface LocalCoreOptions {
  readonly clock: Clock;
  readonly user: Pick<Token, 'userId' | 'role'>;
  readonly storage: Storage;
  readonly calls: Calls;
  readonly connection: ConnectionOptions;
}

/** The pure core with the world around it: carries out its effects, and tells it what comes of them. */
export class LocalCore implements Core {
  readonly #options: LocalCoreOptions;
  readonly #sync = new Sync();
  readonly #changes = new Changes();
  readonly #acknowledging = new Acknowledging();
  readonly #alarm: Alarm;
  readonly #connection: Connection;
  /** Inputs that came while effects of another were carried out: taken in their order. */
  readonly #inputs: Input[] = [];
  #isHandling = false;
  #closed = false;

  /** @param options with a storage that `open` has been called on by nobody */
  static async open(options: LocalCoreOptions): Promise<LocalCore> {
    const core = new LocalCore(options);
    await core.#open();
    return core;
  }

  private constructor(options: LocalCoreOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.clock, () => this.#handle({ type: 'tick' }));
    this.#connection = new Connection(options.connection, {
      connected: (epoch) => this.#handle({ type: 'connected', ...(epoch !== undefined && { epoch }) }),
      subscribed: () => this.#handle({ type: 'subscribed' }),
      disconnected: () => this.#handle({ type: 'disconnected' }),
      message: (name, payload, settle) => this.#receive(name, payload, settle),
      acknowledged: (answer) => this.#handle(publishedInput(answer)),
      stateChanged: () => this.#changes.add({ what: 'connection' }),
    });
  }

  conversation(conversationId: string): ConversationView | undefined {
    return this.#sync.conversation(conversationId);
  }

  list(): ListView {
    return this.#sync.list();
  }

  connection(): ConnectionView {
    return this.#sync.connection();
  }

  send(clientMessageId: string): SendView | undefined {
    return this.#sync.send(clientMessageId);
  }

  line(): ConnectionState {
    return this.#connection.state;
  }

  async command(input: UserInput): Promise<void> {
    if (this.#closed) throw new SkeinError('CLOSED_CLIENT', 'the client was closed: make a new one');
    this.#handle(input);
  }

  subscribe(listener: (changes: readonly Changed[]) => void): () => void {
    return this.#changes.subscribe(listener);
  }

  close(): void {
    if (this.#closed) return;
    this.#connection.close();
    this.#closed = true;
    this.#alarm.set(undefined);
    this.#options.calls.close();
    this.#options.storage.close();
  }

  async #open(): Promise<void> {
    const { storage, user, clock } = this.#options;
    const saved = await storage.open();
    this.#handle({
      type: 'opened',
      userId: user.userId,
      ...(user.role && { role: user.role }),
      random: clock.random(),
      saved,
    });
    this.#connection.start();
  }

  #handle(input: Input): void {
    if (this.#closed) return;
    this.#inputs.push(input);
    if (this.#isHandling) return;
    this.#isHandling = true;
    for (let next = this.#inputs.shift(); next; next = this.#inputs.shift()) {
      this.#sync.handle(next, this.#options.clock.now());
      for (let effect = this.#sync.nextEffect(); effect; effect = this.#sync.nextEffect())
        this.#apply(effect);
    }
    this.#isHandling = false;
    this.#acknowledging.idle();
    this.#alarm.set(this.#sync.deadline());
  }

  #apply(effect: Effect): void {
    switch (effect.type) {
      case 'publish':
        // Without a connection it is answered by nobody: the core makes it again once there is one.
        this.#connection.publish(effect.name, payloadOf(effect), effect.qos, effect.token);
        break;
      case 'fetch':
        this.#answer(this.#fetch(effect));
        break;
      case 'store':
        this.#acknowledging.storing();
        this.#options.storage.commit(effect.transaction).then(
          () => this.#stored({ type: 'stored', token: effect.token }),
          () => this.#stored({ type: 'storeFailed', token: effect.token }),
        );
        break;
      case 'load':
        this.#answer(this.#load(effect));
        break;
      case 'notify':
        this.#changes.add(effect.changed);
        break;
      default:
        effect satisfies never;
    }
  }

  #answer(answer: Promise<Input>): void {
    answer.then((input) => this.#handle(input));
  }

  #stored(input: Input): void {
    this.#acknowledging.stored();
    this.#handle(input);
  }

  #receive(name: InName, payload: Uint8Array, settle: () => void): void {
    const input = receivedInput(name, payload);
    // Not the bytes of this schema: nothing to keep, and no server of ours sends it.
    if (input === undefined) {
      settle();
      return;
    }
    this.#acknowledging.received(settle);
    if (input.name === 'notice' && input.payload.kind === Notice_Kind.TOKEN_EXPIRES)
      this.#connection.renewToken();
    this.#handle(input);
  }

  async #fetch(effect: FetchEffect): Promise<AnswerInput> {
    const { token } = effect;
    const { calls } = this.#options;
    try {
      switch (effect.call) {
        case 'listConversations': {
          const answer = await calls.call(listConversations, effect.request);
          return { type: 'fetched', token, call: effect.call, answer };
        }
        case 'listMessages': {
          const answer = await calls.call(listMessages, effect.request);
          return { type: 'fetched', token, call: effect.call, answer };
        }
        case 'getPositions': {
          const answer = await calls.call(getPositions, effect.request);
          return { type: 'fetched', token, call: effect.call, answer };
        }
        default:
          return effect satisfies never;
      }
    } catch (error) {
      const refusal = refusalOf(error);
      return { type: 'fetchFailed', token, ...(refusal && { refusal }) };
    }
  }

  /** Of what cannot be read, what there is: the rest is fetched again. */
  async #load({ token, conversationId, range, positions }: LoadEffect): Promise<Input> {
    const { storage } = this.#options;
    const [entries, members] = await Promise.all([
      range ? storage.loadEntries(conversationId, range).catch(() => []) : [],
      positions ? storage.loadPositions(conversationId).catch(() => undefined) : undefined,
    ]);
    return { type: 'loaded', token, entries, ...(members && { positions: members }) };
  }
}
