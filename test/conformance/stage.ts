import { chromium, type Role, type Skein, type SkeinOptions, startSkein, without } from '@skein/testkit';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import type { Client, ClientKind, ConnectOptions } from './clients/client.ts';

/** The one server of a test file, and the clients that its tests connect to it. */
export interface Stage {
  readonly server: Skein;
  /** The port that takes this kind's transport. */
  portOf(kind: ClientKind): number;
  connect(kind: ClientKind, user: string, options?: Partial<StageOptions>): Promise<Client>;
  /** Calls of this user. */
  caller(user: string, role?: Role): { readonly url: string; readonly token: string };
}

interface StageOptions extends ConnectOptions {
  readonly role: Role;
}

/** Starts the server before the file's tests and ends everything after them. */
export function openStage(options: SkeinOptions = {}): Stage {
  let server: Skein;
  let devices = 0;
  const clients: Client[] = [];
  beforeAll(async () => {
    server = await startSkein(options);
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.end()));
    await server?.[Symbol.asyncDispose]();
  });
  const portOf = ({ transport }: ClientKind) => (transport === 'TCP' ? server.mqttPort : server.port);
  return {
    get server() {
      return server;
    },
    portOf,
    async connect(kind, user, { role, ...further } = {}) {
      devices += 1;
      const client = await kind.connect({
        port: portOf(kind),
        user,
        token: server.token(user, role),
        clientId: `device-${devices}`,
        ...further,
      });
      clients.push(client);
      return client;
    },
    caller: (user, role) => ({ url: server.url, token: server.token(user, role) }),
  };
}

/** Chromium, where there is one, for a file's tests. */
export function openBrowser(): () => Browser {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (!without('chromium')) browser = await chromium();
  });
  afterAll(() => browser?.close());
  return () => {
    if (!browser) throw new Error('a test that needs Chromium ran without it');
    return browser;
  };
}
