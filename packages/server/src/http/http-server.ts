import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Code, type Interceptor } from '@connectrpc/connect';
import { compressionGzip, connectNodeAdapter } from '@connectrpc/connect-node';
import type { Millis } from '@skein/chat';
import { ChatService, limits } from '@skein/protocol';
import type { Authenticator } from '../auth/identity.ts';
import type { Settings } from '../config/settings.ts';
import type { Log } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Store } from '../store/store.ts';
import { CallAllowance, type CallLimits } from './call-allowance.ts';
import { admitCaller } from './caller.ts';
import { type ChatPort, chatService } from './chat-service.ts';
import { admitOrigin } from './cross-origin.ts';
import { isLocalRequest } from './local-documents.ts';
import { asCallError } from './refused.ts';
import { type StaticApp, StaticFiles } from './static-files.ts';

/** What a server serves besides its calls. */
export interface Extras {
  readonly apps?: readonly StaticApp[];
  /** JSON documents by path, for requests made on this machine only: they hold the demo's tokens. */
  readonly localDocuments?: ReadonlyMap<string, () => Promise<object>>;
}

export interface HttpParts {
  readonly settings: Pick<Settings, 'origins'> & { readonly limits: CallLimits };
  readonly store: Store;
  readonly chat: ChatPort;
  readonly authenticator: Authenticator;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: () => Millis;
  /** True while clients are served: from the gateway's start to the beginning of the end. */
  readonly isReady: () => boolean;
  readonly extras?: Extras | undefined;
}

/** A request head is some hundred bytes and a token. */
const maxHeaderSize = 16 * 1024;
const headersTimeoutMs = 10_000;
/** A request is at most 256 KiB: slower than 9 KB a second is not a line but an attack. */
const requestTimeoutMs = 30_000;
/** Longer than the idle time of usual proxies, so that they close first and lose no request. */
const keepAliveTimeoutMs = 65_000;
/** Node looks for requests that are late this often. */
const connectionsCheckingIntervalMs = 5_000;

/**
 * The HTTP side of a server: the calls of `proto/`, static apps, `/healthz`, `/readyz`, `/metrics`. Not listening
 * yet. Upgrades (`/mqtt`) are left to whoever listens for them.
 */
export function createHttp(parts: HttpParts): Server {
  const handlers = createHandlers(parts);
  const options = {
    maxHeaderSize,
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionsCheckingInterval: connectionsCheckingIntervalMs,
  };
  return createServer(options, (request, response) => {
    const path = pathOf(request);
    const route = routeOf(path, parts.extras);
    observe(route, response, parts.metrics);
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('referrer-policy', 'no-referrer');
    handlers[route](path, request, response);
  });
}

type Route = 'call' | 'healthz' | 'readyz' | 'metrics' | 'local' | 'page';
type Handler = (path: string, request: IncomingMessage, response: ServerResponse) => void;

function pathOf(request: IncomingMessage): string {
  const [path = '/'] = (request.url ?? '/').split('?', 1);
  return path;
}

function routeOf(path: string, extras: Extras | undefined): Route {
  if (path.startsWith(callPrefix)) return 'call';
  if (path === '/healthz' || path === '/readyz' || path === '/metrics') return path.slice(1) as Route;
  return extras?.localDocuments?.has(path) ? 'local' : 'page';
}

const callPrefix = '/skein.v1.';

function createHandlers(parts: HttpParts): Record<Route, Handler> {
  const { settings, store, metrics, extras } = parts;
  const calls = createCalls(parts);
  const pages = new StaticFiles(extras?.apps ?? []);
  return {
    call(_path, request, response) {
      if (admitOrigin(request, response, settings.origins)) calls(request, response);
    },
    healthz: reading((_path, _request, response) => answer(response, 200, 'ok\n')),
    readyz: reading((_path, _request, response) => {
      if (!parts.isReady()) answer(response, 503, 'not ready: clients are not served now\n');
      else if (!store.healthy) answer(response, 503, 'not ready: the store cannot commit\n');
      else answer(response, 200, 'ready\n');
    }),
    metrics: reading((_path, _request, response) => {
      metrics.registry.metrics().then(
        (text) => answer(response, 200, text, metrics.registry.contentType),
        (error: unknown) => {
          parts.log.error('metrics_failed', { reason: String(error) });
          answer(response, 500, 'the metrics could not be collected\n');
        },
      );
    }),
    local: reading((path, request, response) => {
      const document = extras?.localDocuments?.get(path);
      if (document === undefined || !isLocalRequest(request)) {
        answer(
          response,
          403,
          'this is for the machine that the server runs on: open it as http://localhost\n',
        );
        return;
      }
      document().then(
        (content) => answer(response, 200, JSON.stringify(content), 'application/json'),
        (error: unknown) => {
          parts.log.error('local_document_failed', { path, reason: String(error) });
          answer(response, 500, 'the document could not be made\n');
        },
      );
    }),
    page: reading((path, request, response) => {
      if (pages.serve(path, request, response)) return;
      answer(response, 404, 'there is nothing at this address\n');
    }),
  };
}

/** Refuses whatever does not only read. */
function reading(handler: Handler): Handler {
  return (path, request, response) => {
    if (request.method === 'GET' || request.method === 'HEAD') handler(path, request, response);
    else answer(response.setHeader('allow', 'GET, HEAD'), 405, 'this address can only be read: use GET\n');
  };
}

function answer(
  response: ServerResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  // Node leaves a body out where the request was HEAD.
  response.end(body);
}

function createCalls(parts: HttpParts) {
  const tell = failureTeller(parts.log);
  const allowance = new CallAllowance(parts.settings.limits, parts.clock);
  const admit = admitCaller(parts.authenticator, parts.store, allowance);
  const tellFailures: Interceptor = (next) => async (request) => {
    const response = await next(request).catch((error: unknown) => tell(error, request.method.name));
    response.header.set('cache-control', 'no-store');
    return response;
  };
  return connectNodeAdapter({
    routes: (router) => router.service(ChatService, chatService(parts.store, parts.chat, parts.clock)),
    grpc: false,
    grpcWeb: false,
    acceptCompression: [compressionGzip],
    // Also the bound of a decompressed body, so that a small one cannot grow large.
    readMaxBytes: limits.maxRequestBytes,
    maxTimeoutMs: requestTimeoutMs,
    requestGate: (context) => admit(context).catch((error: unknown) => tell(error, context.method.name)),
    interceptors: [tellFailures],
    fallback: (_request, response) => {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end('{"code":"unimplemented","message":"there is no such call: see proto/skein/v1"}');
    },
  });
}

/** Logs a mistake of ours, and throws what a caller may know of a failure. */
function failureTeller(log: Log) {
  return (error: unknown, method: string): never => {
    const told = asCallError(error);
    if (told.code === Code.Internal) {
      log.error('call_failed', { method, reason: error instanceof Error ? error.stack : String(error) });
    }
    throw told;
  };
}

function observe(route: Route, response: ServerResponse, metrics: Metrics): void {
  const endTimer = metrics.httpSeconds.startTimer({ route });
  response.once('close', () => {
    endTimer();
    metrics.httpRequests.inc({ route, status: response.statusCode });
  });
}
