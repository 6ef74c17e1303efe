import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { type Client, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import {
  ChatService,
  isRefusal,
  limits,
  MessageSchema,
  MessageType,
  ServiceMessageDirection,
  ServiceMessageSchema,
  type ServiceType,
  type UserId,
} from '@skein/protocol';
import { createAuthenticator, mintToken } from '../auth/tokens.ts';
import { readSend } from '../chat/accept.ts';
import { createLog } from '../observe/log.ts';
import { createMetrics } from '../observe/metrics.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { Operation, Outcome, Role, Store } from '../store/store.ts';
import type { CallLimits } from './call-allowance.ts';
import { createHttp, type Extras } from './http-server.ts';

const secret = new TextEncoder().encode('a secret of the tests, at least 32 bytes long');

/** The HTTP side over a real store, with a pipeline that commits each operation alone. */
export class TestServer {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'skein-http-'));
  readonly logged: string[] = [];
  /** Users whose memberships were said to have changed. */
  readonly changed = new Set<UserId>();
  readonly store: Store = openSqliteStore({ dataDir: this.dataDir });
  isReady = true;
  readonly http: Server;

  constructor(
    options: {
      origins?: readonly string[];
      limits?: CallLimits;
      extras?: Extras;
      store?: Partial<Store>;
      clock?: () => number;
    } = {},
  ) {
    this.http = createHttp({
      settings: { origins: options.origins ?? [], limits: options.limits ?? limits },
      store: withOverrides(this.store, options.store ?? {}),
      chat: {
        submit: (operation) => this.submit(operation),
        membershipChanged: (users) => {
          for (const user of users) this.changed.add(user);
        },
      },
      authenticator: createAuthenticator({ secret, clock: Date.now }),
      log: createLog('json', 'debug', { write: (line) => this.logged.push(line) }),
      metrics: createMetrics(join(this.dataDir, 'skein.db-wal')),
      clock: options.clock ?? Date.now,
      isReady: () => this.isReady,
      extras: options.extras,
    });
  }

  async start(): Promise<this> {
    this.http.listen(0, '127.0.0.1');
    await once(this.http, 'listening');
    return this;
  }

  async stop(): Promise<void> {
    this.http.close();
    this.http.closeAllConnections();
    await this.store.close();
    rmSync(this.dataDir, { recursive: true });
  }

  get port(): number {
    return (this.http.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  token(userId: UserId, role: Role = 'customer', name?: string): Promise<string> {
    return mintToken({ userId, role, name, ttlSeconds: 3600 }, secret, Date.now);
  }

  /** The calls as a user makes them, with the real client. */
  async as(userId: UserId, role: Role = 'customer', name?: string): Promise<Client<typeof ChatService>> {
    const token = await this.token(userId, role, name);
    const transport = createConnectTransport({
      baseUrl: this.url,
      httpVersion: '1.1',
      interceptors: [
        (next) => (request) => {
          request.header.set('authorization', `Bearer ${token}`);
          return next(request);
        },
      ],
    });
    return createClient(ChatService, transport);
  }

  /** A call by hand: what no proper client would send. */
  async post(method: string, body: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.url}/skein.v1.ChatService/${method}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${await this.token('1001')}`,
        ...headers,
      },
      body,
    });
  }

  async submit(operation: Operation): Promise<Outcome> {
    const [outcome] = await this.store.commit([operation]);
    return outcome!;
  }

  /** Stores a message; the answer is its number. */
  async send(
    from: UserId,
    to: { user: UserId } | { conversation: string },
    content: string,
    more: { messageType?: MessageType; targetSeq?: string } = {},
  ): Promise<number> {
    const message = create(MessageSchema, {
      messageId: '0',
      senderId: from,
      content,
      createTime: '0',
      ...('user' in to ? { receiverId: to.user } : { receiverId: '0', conversationId: to.conversation }),
      ...more,
    });
    return this.commit('message', from, toBinary(MessageSchema, message));
  }

  /** Stores a customer's message to the service; the answer is its number. */
  async ask(customer: UserId, serviceType: ServiceType, content: string): Promise<number> {
    const message = create(ServiceMessageSchema, {
      messageId: '0',
      userId: customer,
      serviceType,
      messageType: MessageType.TEXT,
      content,
      createDate: '0',
      direction: ServiceMessageDirection.USER_TO_AGENT,
    });
    return this.commit('service', customer, toBinary(ServiceMessageSchema, message));
  }

  private async commit(kind: 'message' | 'service', from: UserId, payload: Uint8Array): Promise<number> {
    const sender = { userId: from, role: 'customer' } as const;
    const append = readSend(kind, payload, sender, 0, 65_536);
    const outcome = isRefusal(append) ? append : await this.submit(append);
    if (isRefusal(outcome)) throw new Error(outcome.reason);
    if (outcome.type !== 'stored') throw new Error(`a send ended as ${outcome.type}`);
    return outcome.entry.seq;
  }
}

/** The store, with some of its methods replaced. */
function withOverrides(store: Store, overrides: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, name: keyof Store) {
      const value = overrides[name] ?? target[name];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
