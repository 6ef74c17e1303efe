import { decode, encode, messageFields } from '@skein/protocol';
import { BadLine, type Skein, startSkein, until } from '@skein/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Calls } from '../calls/calls.ts';
import { listMessages } from '../calls/chat-service.ts';
import { deviceClock } from '../device/clock.ts';
import { webSocketLine } from '../line/web-socket-line.ts';
import { tcpLine } from '../node/tcp-line.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import type { Acknowledged } from './mqtt-line.ts';
import type { ConnectionState } from './state.ts';
import { Tokens } from './token.ts';

let server: Skein;

beforeAll(async () => {
  server = await startSkein();
});

afterAll(() => server?.stop());

const opened: Connection[] = [];

afterEach(() => {
  for (const connection of opened.splice(0)) connection.close();
});

/** A connection whose facts are kept, so that a test can wait for them. */
function connect(user: string, options: Partial<ConnectionOptions> & { fetchToken?: () => string } = {}) {
  const { fetchToken = () => server.token(user), clock = deviceClock } = options;
  const states: ConnectionState[] = [];
  const messages: { name: string; payload: Uint8Array }[] = [];
  const acknowledged: Acknowledged[] = [];
  const connection = new Connection(
    {
      url: new URL(server.url),
      openLine: webSocketLine(),
      clock,
      tokens: new Tokens(fetchToken, clock),
      clientId: `${user}-${opened.length}`,
      watchWakes: () => () => {},
      ...options,
    },
    {
      connected: () => {},
      subscribed: () => {},
      disconnected: () => {},
      message: (name, payload, settle) => {
        messages.push({ name, payload });
        settle();
      },
      acknowledged: (answer) => acknowledged.push(answer),
      stateChanged: (state) => states.push(state),
    },
  );
  opened.push(connection);
  connection.start();
  const online = () => until(() => connection.state.name === 'online', { what: 'online' });
  return { connection, states, messages, acknowledged, online };
}

function hello(from: string, to: string, key: string, content = '你好'): Uint8Array {
  return encode(messageFields, {
    messageId: '0',
    senderId: from,
    content,
    createTime: '0',
    receiverId: to,
    clientMessageId: key,
  });
}

const lines = [
  ['WebSocket', () => webSocketLine()],
  ['TCP', () => tcpLine({ port: server.mqttPort, host: '127.0.0.1' })],
] as const;

describe.each(lines)('over %s', (name, openLine) => {
  test('a message goes from one to the other, and its PUBACK says where it is stored', async () => {
    const [a, b] = name === 'TCP' ? ['2001', '2002'] : ['2003', '2004'];
    const from = connect(a, { openLine: openLine() });
    const to = connect(b, { openLine: openLine() });
    await Promise.all([from.online(), to.online()]);
    from.connection.publish('message', hello(a, b, '77'), 1, 5);
    const { payload } = await until(() => to.messages.find((message) => message.name === 'message'));
    expect(decode(messageFields, payload)).toMatchObject({ content: '你好', senderId: a, seq: '1' });
    const answer = await until(() => from.acknowledged[0]);
    expect(answer).toMatchObject({ token: 5, reasonCode: 0 });
    expect(Object.fromEntries(answer.userProperties!)).toMatchObject({
      seq: '1',
      'conversation-id': `dm:${a}:${b}`,
    });
  });
});

test('a refused publish says why', async () => {
  const { connection, online, acknowledged } = connect('2005');
  await online();
  connection.publish('message', Uint8Array.of(0xff), 1, 9);
  expect(await until(() => acknowledged[0])).toMatchObject({ token: 9, reasonCode: 0x99 });
});

test('a cut line is opened again, as soon as it can be', async () => {
  await using line = await BadLine.to({ port: server.port });
  const { connection, online, states } = connect('2006', { url: new URL(`http://127.0.0.1:${line.port}`) });
  await online();
  line.down();
  const waiting = await until(() => (connection.state.name === 'waiting' ? connection.state : undefined));
  expect(waiting.reason).toMatchObject({ code: 'OFFLINE' });
  line.heal();
  await online();
  expect(states.filter(({ name }) => name === 'online')).toHaveLength(2);
});

test('a token that the server does not take is fetched anew', async () => {
  const tokens = [server.token('2007', 'customer', { ttlS: 3600 }).slice(0, -4), server.token('2007')];
  const { online, states } = connect('2007', { fetchToken: () => tokens.shift()! });
  await online();
  expect(states.find(({ name }) => name === 'waiting')).toMatchObject({
    reason: { code: 'UNAUTHENTICATED' },
  });
});

test('a token is renewed for another one, and the same one changes nothing', async () => {
  const first = server.token('2008');
  const tokens = [first, first, server.token('2008', 'customer', { ttlS: 7200 })];
  const { connection, states, online } = connect('2008', { fetchToken: () => tokens.shift()! });
  await online();
  await until(() => {
    connection.renewToken();
    return tokens.length === 0;
  });
  await until(() => states.filter(({ name }) => name === 'online').length === 2);
  expect(states.map(({ name }) => name)).toEqual(['connecting', 'online', 'connecting', 'online']);
});

test('nothing is left after close', async () => {
  const { connection, online, states } = connect('2009');
  await online();
  connection.close();
  expect(connection.state.name).toBe('closed');
  expect(connection.publish('message', hello('2009', '2001', '1'), 1, 1)).toBe(false);
  expect(states.at(-1)!.name).toBe('closed');
});

describe('calls', () => {
  const callsOf = (fetchToken: () => string, url = server.url) =>
    new Calls({
      url: new URL(url),
      tokens: new Tokens(fetchToken, deviceClock),
      clock: deviceClock,
      fetch: (address, init) => fetch(address, init),
    });

  test('answer what is stored', async () => {
    const { connection, online, acknowledged } = connect('2010');
    await online();
    connection.publish('message', hello('2010', '2011', '78', 'stored'), 1, 1);
    await until(() => acknowledged.length === 1);
    const calls = callsOf(() => server.token('2011'));
    const page = await calls.call(listMessages, { conversationId: 'dm:2010:2011' });
    expect(page.headSeq).toBe('1');
    expect(page.entries[0]!.body).toMatchObject({ case: 'message', value: { content: 'stored' } });
  });

  test('a refusal keeps its name, and says what to do', async () => {
    const calls = callsOf(() => server.token('2012'));
    await expect(calls.call(listMessages, { conversationId: 'dm:1:2' })).rejects.toMatchObject({
      name: 'SkeinError',
      code: 'NOT_ALLOWED',
    });
    await expect(calls.call(listMessages, { conversationId: 'nonsense' })).rejects.toMatchObject({
      code: 'MALFORMED',
    });
  });

  test('a token that is refused is fetched once more', async () => {
    const tokens = [server.token('2013').slice(0, -4), server.token('2013')];
    const calls = callsOf(() => tokens.shift()!);
    const page = await calls.call(listMessages, { conversationId: 'dm:2013:2014' });
    expect(page.entries).toEqual([]);
  });

  test('no server is OFFLINE, and so is every call after close', async () => {
    const away = callsOf(() => server.token('2015'), 'http://127.0.0.1:1');
    await expect(away.call(listMessages, {})).rejects.toMatchObject({ code: 'OFFLINE' });
    const closed = callsOf(() => server.token('2015'));
    closed.close();
    await expect(closed.call(listMessages, {})).rejects.toMatchObject({ code: 'OFFLINE' });
  });
});
