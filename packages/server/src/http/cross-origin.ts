import type { IncomingMessage, ServerResponse } from 'node:http';
import { isAllowedOrigin } from './origin.ts';
import { refusalHeader } from './refused.ts';

const allowedHeaders = [
  'authorization',
  'content-type',
  'connect-protocol-version',
  'connect-timeout-ms',
  'content-encoding',
  'accept-encoding',
].join(', ');

/** A browser asks once in two hours, the longest that all of them grant. */
const preflightSeconds = '7200';

/**
 * Says whether a page of the request's origin may make this call, and tells its browser. False: the answer has been
 * sent, either to the browser's preflight or as a refusal.
 */
export function admitOrigin(
  request: IncomingMessage,
  response: ServerResponse,
  allowed: readonly string[],
): boolean {
  const { origin, host } = request.headers;
  response.appendHeader('vary', 'origin');
  if (!isAllowedOrigin(origin, host, allowed)) {
    response.writeHead(403, { 'content-type': 'application/json', [refusalHeader]: 'NOT_ALLOWED' });
    response.end(
      '{"code":"permission_denied","message":"pages of this origin may not call: add it to the setting origins"}',
    );
    return false;
  }
  if (origin !== undefined) {
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-expose-headers', refusalHeader);
  }
  if (request.method !== 'OPTIONS') return true;
  response.writeHead(204, {
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': allowedHeaders,
    'access-control-max-age': preflightSeconds,
  });
  response.end();
  return false;
}
