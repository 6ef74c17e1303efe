// In place of your own back end: gives out the page, and tokens for whoever is signed in.
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SignJWT } from 'jose';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const { PORT = '3000', SKEIN_DATA = join(repository, '.skein/data'), SKEIN_SECRET } = process.env;
const secretFile = join(SKEIN_DATA, 'secret');
if (SKEIN_SECRET === undefined && !existsSync(secretFile)) {
  console.error(`there is no ${secretFile}: start the server first, or set SKEIN_SECRET to its secret`);
  process.exit(2);
}
/** The secret that the chat server verifies with. It never leaves the back end. */
const secret = new TextEncoder().encode(SKEIN_SECRET ?? readFileSync(secretFile, 'utf8').trim());

/** One hour, after which the page asks again. */
function tokenFor(user: string): Promise<string> {
  return new SignJWT({ role: 'customer' })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setAudience('skein')
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(secret);
}

/** The page, by default that of this folder, and the SDK as `npm run build -w @skein/client` made it. */
const page = process.argv[2] ?? fileURLToPath(new URL('../index.html', import.meta.url));
const sdk = join(repository, 'packages/client/dist/browser.js');

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
  const answer = (type: string, body: string | Buffer) =>
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
  if (pathname === '/') answer('text/html; charset=utf-8', await readFile(page));
  else if (pathname === '/skein.js') answer('text/javascript; charset=utf-8', await readFile(sdk));
  else if (pathname === '/chat-token') {
    // Yours takes the user from its session. Never from the address, as this one does.
    answer('text/plain; charset=utf-8', await tokenFor(searchParams.get('user') ?? '1001'));
  } else response.writeHead(404).end();
});

server.listen(Number(PORT), '127.0.0.1', () => {
  const { port } = server.address() as { port: number };
  console.log(`Lin: http://127.0.0.1:${port}/\nMei: http://127.0.0.1:${port}/?me=1002&with=1001`);
});
