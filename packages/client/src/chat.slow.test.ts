import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { BadLine, type Skein as Server, startSkein, until } from '@skein/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Conversation } from './conversation.ts';
import { createSkein, type Skein } from './skein.ts';

let server: Server;
let lastUser = 3000;
const clients: Skein[] = [];

beforeAll(async () => {
  server = await startSkein({ env: { SKEIN_LIMITS_SENDS_PER_10S: '0' } });
});

afterAll(() => server?.stop());

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

function newUser(): string {
  return String(++lastUser);
}

function client(user: string, url = server.url, role: 'customer' | 'agent' = 'customer'): Skein {
  const skein = createSkein({ url, token: () => server.token(user, role) });
  clients.push(skein);
  return skein;
}

/** What of a conversation is shown, kept up to date. */
function shown(talk: Conversation): { readonly texts: string[]; readonly seqs: (number | undefined)[] } {
  talk.subscribe(() => {});
  return {
    get texts() {
      return talk.view.entries.map(({ content }) => content);
    },
    get seqs() {
      return talk.view.entries.map(({ seq }) => seq);
    },
  };
}

function pair(aUrl?: string) {
  const [a, b] = [newUser(), newUser()];
  const [skeinA, skeinB] = [client(a, aUrl), client(b)];
  return {
    a,
    b,
    skeinA,
    skeinB,
    talkA: skeinA.conversation({ person: b }),
    talkB: skeinB.conversation({ person: a }),
  };
}

const current = (talk: Conversation) => until(() => talk.view.sync.name === 'current', { what: 'current' });

test('S6 a message resolves when it is stored, and both see it', async () => {
  const { talkA, talkB } = pair();
  const [onA, onB] = [shown(talkA), shown(talkB)];
  await current(talkB);
  await expect(talkA.send('你好')).resolves.toMatchObject({ seq: 1 });
  await until(() => onB.texts.length === 1);
  expect(onB.texts).toEqual(['你好']);
  await until(() => onA.seqs[0] === 1);
  expect(talkA.view.sync).toEqual({ name: 'current', seq: 1 });
});

test('Q2 the states of a send go forward to read', async () => {
  const { talkA, talkB } = pair();
  shown(talkA);
  const send = talkA.send('read me');
  const states = [send.state];
  send.subscribe((state) => states.push(state));
  await send;
  shown(talkB);
  await until(() => send.state === 'delivered');
  await talkB.markRead();
  await until(() => send.state === 'read');
  expect(states).toEqual([...new Set(states)]);
  const order = ['keeping', 'queued', 'sent', 'delivered', 'read'];
  expect(states.map((state) => order.indexOf(state))).toEqual(
    states.map((state) => order.indexOf(state)).sort((x, y) => x - y),
  );
  await until(() => talkA.view.entries[0]!.mine && talkA.view.entries[0]!.seq !== undefined);
  expect(talkA.view.entries[0]).toMatchObject({ state: 'read' });
});

test('N1 what others write is unread until it is marked read', async () => {
  const { talkA, talkB, skeinB } = pair();
  const totals: number[] = [];
  skeinB.conversations.subscribe((view) => totals.push(view.totalUnread));
  for (const text of ['one', 'two', 'three']) await talkA.send(text);
  await until(() => skeinB.conversations.view.totalUnread === 3);
  shown(talkB);
  await until(() => talkB.view.unread === 3);
  await talkB.markRead();
  await until(() => skeinB.conversations.view.totalUnread === 0);
  expect(Math.max(...totals)).toBe(3);
});

test('S3 older pages come from the server, without a hole', async () => {
  const { talkA, talkB } = pair();
  const sends = Array.from({ length: 170 }, (_, i) => talkA.send(`message ${i + 1}`));
  await Promise.all(sends);
  const onB = shown(talkB);
  await current(talkB);
  await until(() => onB.seqs.length > 0);
  while (talkB.view.older !== 'none') await talkB.older();
  expect(onB.seqs).toEqual(Array.from({ length: 170 }, (_, i) => i + 1));
  expect(onB.texts).toEqual(Array.from({ length: 170 }, (_, i) => `message ${i + 1}`));
});

test('I3 over a line that is cut again and again, everything arrives once and in order', async () => {
  await using line = await BadLine.to({ port: server.port });
  const { talkA, talkB } = pair(`http://127.0.0.1:${line.port}`);
  const [onA, onB] = [shown(talkA), shown(talkB)];
  await current(talkA);
  const sends: PromiseLike<unknown>[] = [];
  for (let round = 0; round < 12; round++) {
    for (let i = 0; i < 10; i++) sends.push(talkA.send(`${round}-${i}`));
    if (round % 3 === 0) line.set({ down: { silent: true } });
    await until(() => line.connections > 0);
    line.cut();
    line.heal();
  }
  await Promise.all(sends);
  const all = Array.from({ length: 12 }, (_, round) =>
    Array.from({ length: 10 }, (_, i) => `${round}-${i}`),
  ).flat();
  await until(() => onB.texts.length === all.length, { what: () => `${onB.texts.length} of ${all.length}` });
  expect(onB.texts).toEqual(all);
  await until(() => onA.seqs.every((seq) => seq !== undefined));
  expect(onA.texts).toEqual(all);
});

test('S6 a view says since when it is offline, and catches up when the line is back', async () => {
  await using line = await BadLine.to({ port: server.port });
  const { talkA, talkB } = pair(`http://127.0.0.1:${line.port}`);
  const onA = shown(talkA);
  await current(talkA);
  line.down();
  await until(() => talkA.view.sync.name === 'offline');
  const queued = talkA.send('written offline');
  await until(() => queued.state === 'queued');
  await talkB.send('meanwhile');
  line.heal();
  await queued;
  await current(talkA);
  await until(() => onA.texts.length === 2);
  expect(onA.texts).toEqual(['meanwhile', 'written offline']);
});

test('U3 a customer waits until an agent answers', async () => {
  const customer = newUser();
  const talk = client(customer).conversation({ service: 'PRESALE' });
  shown(talk);
  await talk.send('Is the blue one in stock?');
  await until(() => talk.view.waitingSince !== undefined);
  const agent = client(newUser(), server.url, 'agent');
  const desk = agent.conversation({ service: 'PRESALE', customer });
  const onDesk = shown(desk);
  await until(() => onDesk.texts.length === 1);
  await desk.send('Yes, five of them.');
  await until(() => talk.view.waitingSince === undefined);
  await until(() => talk.view.entries.length === 2);
});

test('a refused send fails with the reason', async () => {
  const talk = client(newUser()).conversation({ group: '424242' });
  const send = talk.send('into nowhere');
  await expect(send).rejects.toMatchObject({ name: 'SkeinError', code: 'NOT_ALLOWED' });
  expect(send.state).toBe('failed');
});

test('close leaves nothing: what was asked before it opened is told', async () => {
  const skein = client(newUser());
  const send = skein.conversation({ person: newUser() }).send('never');
  skein.close();
  await expect(send).rejects.toMatchObject({ code: 'CLOSED_CLIENT' });
});

test('a program ends by itself once its client is closed', async () => {
  const index = new URL('./index.ts', import.meta.url).href;
  const program = `
    const { createSkein } = await import('${index}');
    const skein = createSkein({ url: '${server.url}', token: () => '${server.token(newUser())}' });
    const stored = await skein.conversation({ person: '${newUser()}' }).send('hello');
    skein.close();
    console.log('stored as', stored.seq);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'exit');
  expect([code, output.trim()]).toEqual([0, 'stored as 1']);
});
