import type { Message } from '@bufbuild/protobuf';
import type { Millis } from '@skein/chat';
import { decode, encode, type Fields, type Init, type RefusalName, refusals } from '@skein/protocol';
import type { Tokens } from '../connection/token.ts';
import type { Clock } from '../device/clock.ts';
import { SkeinError, type SkeinErrorCode } from '../error.ts';

export type Fetch = (url: URL, init: RequestInit) => Promise<Response>;

export interface CallsOptions {
  readonly url: URL;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly fetch: Fetch;
}

/** A call of the schema: its path, and the tables of what goes and comes. */
export interface Method<Request extends Message, Response extends Message> {
  /** `skein.v1.ChatService/ListMessages` */
  readonly path: string;
  readonly request: Fields<Request>;
  readonly response: Fields<Response>;
}

/** A page of entries takes some seconds on a slow mobile network. */
const timeoutMs: Millis = 20_000;

/** Names the refusal, so that its text need not be read. */
const refusalHeader = 'skein-refusal';

/** The server's calls: the Connect protocol, unary and binary, over `fetch`. */
export class Calls {
  readonly #options: CallsOptions;
  readonly #underWay = new Set<AbortController>();
  #closed = false;

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** @throws SkeinError: OFFLINE, UNAUTHENTICATED, or the refusal of the server */
  async call<Request extends Message, Response extends Message>(
    method: Method<Request, Response>,
    request: Init<Request>,
  ): Promise<Response> {
    const body = encode(method.request, request);
    let token = await this.#options.tokens.get();
    let response = await this.#post(method.path, body, token.text);
    if (response.status === 401) {
      this.#options.tokens.refuse(token);
      token = await this.#options.tokens.get();
      response = await this.#post(method.path, body, token.text);
    }
    if (response.status !== 200) throw errorOf(response);
    return decode(method.response, response.body);
  }

  /** Ends what is under way; from here on every call is OFFLINE. */
  close(): void {
    this.#closed = true;
    for (const abort of this.#underWay) abort.abort();
  }

  async #post(path: string, body: Uint8Array, token: string): Promise<Answer> {
    const { url, clock, fetch } = this.#options;
    const abort = new AbortController();
    if (this.#closed) abort.abort();
    const callOff = clock.at(clock.now() + timeoutMs, () => abort.abort());
    this.#underWay.add(abort);
    try {
      const response = await fetch(new URL(`${url.pathname.replace(/\/$/, '')}/${path}`, url), {
        method: 'POST',
        headers: {
          'content-type': 'application/proto',
          'connect-protocol-version': '1',
          authorization: `Bearer ${token}`,
        },
        body: body as Uint8Array<ArrayBuffer>,
        signal: abort.signal,
        credentials: 'omit',
      });
      const { status, headers } = response;
      return {
        status,
        refusal: headers.get(refusalHeader),
        body: new Uint8Array(await response.arrayBuffer()),
      };
    } catch (cause) {
      throw new SkeinError('OFFLINE', `the server did not answer ${path}`, cause);
    } finally {
      callOff();
      this.#underWay.delete(abort);
    }
  }
}

interface Answer {
  readonly status: number;
  readonly refusal: string | null;
  readonly body: Uint8Array;
}

/** An error's body is JSON, in the binary protocol too. */
function errorOf({ status, refusal, body }: Answer): SkeinError {
  return new SkeinError(
    codeOf(status, refusal),
    messageOf(body) ?? `the server answered ${status} and no more`,
  );
}

function codeOf(status: number, refusal: string | null): SkeinErrorCode {
  if (status === 401) return 'UNAUTHENTICATED';
  if (refusal !== null && refusal in refusals) return refusal as RefusalName;
  // A proxy on the way, or a mistake of the server: it may work later.
  return status >= 500 || status === 408 || status === 429 ? 'OFFLINE' : 'MALFORMED';
}

function messageOf(body: Uint8Array): string | undefined {
  try {
    const { message } = JSON.parse(new TextDecoder().decode(body)) as { message?: unknown };
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}
