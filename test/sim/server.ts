import { create } from '@bufbuild/protobuf';
import type { HandlerContext } from '@connectrpc/connect';
import type { Millis } from '@skein/chat';
import {
  GetPositionsRequestSchema,
  GetPositionsResponseSchema,
  ListConversationsRequestSchema,
  ListConversationsResponseSchema,
  ListMessagesRequestSchema,
  ListMessagesResponseSchema,
  limits,
  refusal,
  type UserId,
} from '@skein/protocol';
import {
  Announcer,
  type Audience,
  type Authenticator,
  Chat,
  chatService,
  contextOf,
  createMetrics,
  Gateway,
  type Identity,
  type Log,
  Publishing,
  readSettings,
  SessionRegistry,
  type Settings,
  type Store,
} from '@skein/server/parts';
import type { FetchAnswer, FetchRequest } from '@skein/sync';
import type { Agenda } from './agenda.ts';
import { readToken } from './token.ts';
import { VirtualTimers } from './virtual-timers.ts';

/** Counters are not what is looked at here, and making them takes longer than a run. */
const metrics = createMetrics();

const defaults = readSettings({ flags: new Map(), variables: {} });

export interface ServerOptions {
  readonly agenda: Agenda;
  readonly store: Store;
  readonly clock: () => Millis;
  readonly limits: Partial<Settings['limits']>;
  /** Between what is committed and the sessions: where a bus would be. */
  readonly bus: (audience: Audience) => Audience;
  readonly isRevoked: (userId: UserId, serial: number) => boolean;
  /** Told of what the server itself takes for a mistake of its own. */
  readonly onTrouble: (reason: string) => void;
}

/** One process of the server: the real pipeline, from MQTT's bytes and the calls to the store. */
export class Server {
  readonly timers: VirtualTimers;
  readonly gateway: Gateway;
  readonly #options: ServerOptions;
  readonly #calls: ReturnType<typeof chatService>;

  constructor(options: ServerOptions) {
    const { agenda, store, clock } = options;
    this.#options = options;
    this.timers = new VirtualTimers(agenda);
    const { timers } = this;
    const settings: Settings = { ...defaults, limits: { ...defaults.limits, ...options.limits } };
    const onTrouble = (error: unknown) => options.onTrouble(String(error));
    const sessions = new SessionRegistry(store, clock, timers, metrics, onTrouble);
    const audience = options.bus(sessions);
    const announcer = new Announcer(store, audience, clock, timers, onTrouble);
    const chat = new Chat({
      store,
      audience,
      announcer,
      metrics,
      timers,
      maxBatch: limits.maxBatchEntries,
      maxQueued: settings.limits.queuedSends,
      onTrouble,
    });
    const publishing = new Publishing({ chat, store, audience, settings, metrics, clock, timers, onTrouble });
    const authenticator = this.#authenticator();
    const shared = {
      settings,
      store,
      chat,
      authenticator,
      metrics,
      onTrouble,
      log: this.#log(),
      clock,
      timers,
    };
    this.gateway = new Gateway({ ...shared, announcer, sessions, publishing });
    this.#calls = chatService(store, chat, clock);
  }

  #authenticator(): Authenticator {
    const { clock, isRevoked } = this.#options;
    return {
      authenticate: async (text) => {
        const token = readToken(text);
        if (token.expiresAt <= clock()) return refusal('NOT_ALLOWED', 'the token has expired');
        if (isRevoked(token.userId, token.serial)) return refusal('NOT_ALLOWED', 'the token was revoked');
        return identityOf(token);
      },
    };
  }

  #log(): Log {
    const pass = () => {};
    const error: Log['error'] = (_event, facts) => this.#options.onTrouble(String(facts?.reason));
    return { debug: pass, info: pass, warn: pass, error };
  }

  /** The process is gone, and with it all that it was about to do. */
  end(): void {
    this.timers.end();
  }

  /** A user's tokens hold no longer. */
  revoke(userId: UserId): void {
    this.gateway.revoke((identity) => identity.userId === userId);
  }

  /** A call of the client's core. @throws what the service throws */
  async fetch(token: string, request: FetchRequest): Promise<FetchAnswer> {
    const context = await this.#contextOf(token);
    switch (request.call) {
      case 'listConversations': {
        const asked = create(ListConversationsRequestSchema, request.request);
        const answer = await this.#calls.listConversations(asked, context);
        return { call: request.call, answer: create(ListConversationsResponseSchema, answer) };
      }
      case 'listMessages': {
        const asked = create(ListMessagesRequestSchema, request.request);
        const answer = await this.#calls.listMessages(asked, context);
        return { call: request.call, answer: create(ListMessagesResponseSchema, answer) };
      }
      case 'getPositions': {
        const asked = create(GetPositionsRequestSchema, request.request);
        const answer = await this.#calls.getPositions(asked, context);
        return { call: request.call, answer: create(GetPositionsResponseSchema, answer) };
      }
      default:
        return request satisfies never;
    }
  }

  /** Any other call. @throws what the service throws */
  async call<Name extends keyof ReturnType<typeof chatService>>(
    token: string,
    name: Name,
    request: Parameters<ReturnType<typeof chatService>[Name]>[0],
  ): Promise<Awaited<ReturnType<ReturnType<typeof chatService>[Name]>>> {
    const context = await this.#contextOf(token);
    const method = this.#calls[name] as (asked: unknown, context: HandlerContext) => Promise<never>;
    return method(request, context);
  }

  async #contextOf(token: string): Promise<HandlerContext> {
    const { clock, isRevoked, store } = this.#options;
    const read = readToken(token);
    if (read.expiresAt <= clock() || isRevoked(read.userId, read.serial)) throw new TokenRefused();
    const identity = identityOf(read);
    await store.register(identity, identity.name);
    return contextOf(identity) as HandlerContext;
  }
}

/** The call's token does not hold: get a new one, and make the call again. */
export class TokenRefused extends Error {}

function identityOf({ userId, role, expiresAt, serial }: ReturnType<typeof readToken>): Identity {
  return { userId, role, name: undefined, expiresAt, tokenId: String(serial) };
}
