import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { lookup } from 'mrmime';

/** A folder of built pages, and the path under which it is served: `/` or `/console/`. */
export interface StaticApp {
  readonly path: string;
  readonly folder: string;
}

interface StaticFile {
  readonly content: Buffer;
  readonly gzipped: Buffer | undefined;
  readonly headers: OutgoingHttpHeaders;
  readonly etag: string;
}

/** Below it the saving is less than a packet. */
const minGzipBytes = 1_024;

/** Scripts and styles of the app alone; connections also to other servers, since a page may be pointed at one. */
const contentSecurityPolicy = [
  "default-src 'self'",
  "connect-src 'self' ws: wss: http: https:",
  "img-src 'self' data: blob: https:",
  "style-src 'self' 'unsafe-inline'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'self'",
].join('; ');

/**
 * Static files, read into memory once: no path of a request ever reaches the file system, and a file that changes or
 * goes while it is served cannot tear an answer.
 */
export class StaticFiles {
  private readonly files = new Map<string, StaticFile>();

  constructor(apps: readonly StaticApp[]) {
    for (const app of apps) this.load(app);
  }

  private load({ path, folder }: StaticApp): void {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const absolute = join(entry.parentPath, entry.name);
      const url = path + relative(folder, absolute).replaceAll(sep, '/');
      const file = asStaticFile(url, readFileSync(absolute));
      this.files.set(url, file);
      if (entry.name === 'index.html') this.files.set(url.slice(0, -'index.html'.length), file);
    }
  }

  /** Answers a GET or HEAD of a known path; false for any other path. */
  serve(path: string, request: IncomingMessage, response: ServerResponse): boolean {
    const file = this.files.get(path);
    if (file === undefined) return false;
    response.setHeader('etag', file.etag);
    if (matches(request.headers['if-none-match'], file.etag)) {
      response.writeHead(304).end();
      return true;
    }
    const zipped = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '') ? file.gzipped : undefined;
    const body = zipped ?? file.content;
    response.writeHead(200, {
      ...file.headers,
      ...(zipped && { 'content-encoding': 'gzip' }),
      'content-length': body.length,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
    return true;
  }
}

function matches(condition: string | undefined, etag: string): boolean {
  return condition?.split(',').some((one) => one.trim() === etag || one.trim() === '*') ?? false;
}

function asStaticFile(url: string, content: Buffer): StaticFile {
  const type = lookup(url) ?? 'application/octet-stream';
  const isText = /^text\/|javascript|json|svg|xml/.test(type);
  const gzipped = isText && content.length >= minGzipBytes ? gzipSync(content, { level: 9 }) : undefined;
  return {
    content,
    gzipped,
    // Weak, since the same one names the file and its gzipped form.
    etag: `W/"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`,
    headers: {
      'content-type': isText ? `${type}; charset=utf-8` : type,
      'cache-control': isImmutable(url) ? 'public, max-age=31536000, immutable' : 'no-cache',
      vary: 'accept-encoding',
      ...(type === 'text/html' && { 'content-security-policy': contentSecurityPolicy }),
    },
  };
}

/** Build tools put a hash of the content into the name of what they place in `assets/`. */
function isImmutable(url: string): boolean {
  return /\/assets\/[^/]+-[\w-]{8,}\.\w+$/.test(url);
}
