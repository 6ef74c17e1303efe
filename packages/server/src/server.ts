import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { defaultReplyPolicy, type Millis } from '@skein/chat';
import { limits } from '@skein/protocol';
import { openRevocations } from './auth/revocations.ts';
import { loadSecret } from './auth/secret.ts';
import { createAuthenticator } from './auth/tokens.ts';
import { Announcer } from './chat/announcer.ts';
import { Chat } from './chat/chat.ts';
import type { Settings } from './config/settings.ts';
import { Gateway } from './edge/gateway/gateway.ts';
import { createTcpListener, listenForWebSockets } from './edge/gateway/listeners.ts';
import { Publishing } from './edge/publishing.ts';
import { SessionRegistry } from './edge/session-registry.ts';
import { createHttp, type Extras } from './http/http-server.ts';
import { createLog, type Log } from './observe/log.ts';
import { createMetrics } from './observe/metrics.ts';
import { databaseFile } from './store/sqlite/database.ts';
import { openSqliteStore } from './store/sqlite/sqlite-store.ts';
import type { Store } from './store/store.ts';
import { eventLoop } from './timers.ts';

export interface RunningServer {
  /** `http://host:port`, where pages, calls and MQTT over WebSocket (`/mqtt`) are. */
  readonly url: string;
  /** Of plain MQTT over TCP, when it was asked for. */
  readonly mqttPort: number | undefined;
  /** Ends it: everything that was accepted is committed and answered, clients are told. */
  close(): Promise<void>;
}

/** Starts a server; several may run in one process. @throws what its surroundings refuse (a port, a directory). */
export async function startServer(settings: Settings, extras?: Extras): Promise<RunningServer> {
  const log = createLog(settings.log, settings.logLevel);
  const clock = Date.now;
  const store = openStore(settings, log);
  return serve(settings, store, log, clock, extras);
}

function openStore(settings: Settings, log: Log): Store {
  return openSqliteStore({
    dataDir: settings.dataDir,
    policy: {
      reply: { ...defaultReplyPolicy, ...settings.reply },
      amend: settings.amend,
      direct: settings.direct,
    },
    onHealth: (healthy, error) => {
      if (healthy) log.info('store_recovered');
      else log.error('store_failed', { reason: String(error) });
    },
  });
}

async function serve(
  settings: Settings,
  store: Store,
  log: Log,
  clock: () => Millis,
  extras: Extras | undefined,
): Promise<RunningServer> {
  const closing: (() => unknown)[] = [() => store.close()];
  // In the reverse order of the beginnings.
  const close = async () => {
    for (let end = closing.pop(); end; end = closing.pop()) await end();
  };
  try {
    const { gateway, announcer, revocations, ...parts } = assemble(settings, store, log, clock);
    closing.push(() => revocations.close());
    let ready = false;
    const http = createHttp({ ...parts, isReady: () => ready, extras });
    closing.push(() => http.closeAllConnections());
    closing.push(listenForWebSockets(http, gateway, settings.origins));
    const tcp = settings.mqttPort === undefined ? undefined : createTcpListener(gateway);
    closing.push(() => announcer.close());
    closing.push(() => {
      ready = false;
      tcp?.close();
      http.close();
      return gateway.close();
    });
    await listen(http, settings.port, settings.host);
    if (tcp) await listen(tcp, settings.mqttPort ?? 0, settings.host);
    ready = true;
    return { url: urlOf(http), mqttPort: tcp && (tcp.address() as AddressInfo).port, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Tells of errors that are ours, with the place. */
function troubleTeller(log: Log): (error: unknown) => void {
  return (error) =>
    log.error('trouble', {
      reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
}

/** Joins the parts of a server, from the store outwards. */
function assemble(settings: Settings, store: Store, log: Log, clock: () => Millis) {
  const metrics = createMetrics(join(settings.dataDir, `${databaseFile}-wal`));
  const revocations = openRevocations(settings.dataDir, log);
  const authenticator = createAuthenticator({
    secret: secretOf(settings),
    jwksUrl: settings.jwksUrl,
    revocations,
    clock,
  });
  const onTrouble = troubleTeller(log);
  const timers = eventLoop;
  const sessions = new SessionRegistry(store, clock, timers, metrics, onTrouble);
  const announcer = new Announcer(store, sessions, clock, timers, onTrouble);
  const chat = new Chat({
    store,
    audience: sessions,
    announcer,
    metrics,
    timers,
    maxBatch: limits.maxBatchEntries,
    maxQueued: settings.limits.queuedSends,
    onTrouble,
  });
  const publishing = new Publishing({
    chat,
    store,
    audience: sessions,
    settings,
    metrics,
    clock,
    timers,
    onTrouble,
  });
  const shared = { settings, store, chat, authenticator, metrics, log, clock, timers, onTrouble };
  const gateway = new Gateway({ ...shared, announcer, sessions, publishing });
  revocations.onRevoked((revocation) =>
    gateway.revoke(({ tokenId, userId }) =>
      'tokenId' in revocation ? tokenId === revocation.tokenId : userId === revocation.userId,
    ),
  );
  return { ...shared, announcer, gateway, revocations };
}

/** HS256 is for installations without a key server, and for those that say so. */
function secretOf({ jwksUrl, secret, dataDir }: Settings): Uint8Array | undefined {
  return jwksUrl === undefined || secret !== undefined ? loadSecret(dataDir, secret) : undefined;
}

async function listen(server: HttpServer | Server, port: number, host: string): Promise<void> {
  server.listen(port, host);
  await once(server, 'listening');
}

function urlOf(http: HttpServer): string {
  const { address, port, family } = http.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
