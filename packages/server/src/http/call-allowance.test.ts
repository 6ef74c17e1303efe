import { Code, ConnectError } from '@connectrpc/connect';
import { limits } from '@skein/protocol';
import { afterEach, expect, test } from 'vitest';
import { TestServer } from './testing.ts';

const direct = 'dm:1001:1002';
let server: TestServer;
let now = Date.UTC(2026, 0, 1);

async function start(callLimits: { sendsPer10s: number; sendBurst: number }) {
  server = await new TestServer({ limits: callLimits, clock: () => now }).start();
  await server.send('1001', { user: '1002' }, 'hello');
}

afterEach(() => server.stop());

const refusalOf = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof ConnectError) return error;
      throw error;
    },
  );

test('L2: calls of one user over the allowance are refused in words, until it is refilled', async () => {
  await start({ sendsPer10s: 10, sendBurst: 1 });
  const lin = await server.as('1001');
  const read = () => refusalOf(lin.listMessages({ conversationId: direct }));
  for (let call = 0; call < limits.callAllowance; call++) expect(await read()).toBeUndefined();
  const refused = await read();
  expect(refused?.code).toBe(Code.ResourceExhausted);
  expect(refused?.metadata.get('skein-refusal')).toBe('RATE_LIMITED');
  expect(refused?.rawMessage).toMatch(/: retry after 250 ms$/);
  const mei = await server.as('1002');
  expect((await mei.listMessages({ conversationId: direct })).entries).toHaveLength(1);
  now += 250;
  expect(await read()).toBeUndefined();
});

test('L2: all tokens and connections of a user share one allowance', async () => {
  await start({ sendsPer10s: 10, sendBurst: 1 });
  const devices = await Promise.all(Array.from({ length: 6 }, () => server.as('1001')));
  const answers = await Promise.all(devices.map((device) => refusalOf(device.getUnread({}))));
  expect(answers.filter((answer) => answer === undefined)).toHaveLength(limits.callAllowance);
});

test('L2: a search and a new group cost more than a page', async () => {
  await start({ sendsPer10s: 10, sendBurst: 5 });
  const lin = await server.as('1001');
  const dear = [
    () => lin.search({ text: 'hello' }),
    () => lin.createGroup({ name: 'Trip', memberIds: [] }),
    () => lin.search({ text: 'hello' }),
  ];
  const answers = [];
  for (const call of dear) answers.push(await refusalOf(call()));
  expect(answers.map((answer) => answer?.code)).toEqual([undefined, undefined, Code.ResourceExhausted]);
});

test('no limit where the installation has switched it off', async () => {
  await start({ sendsPer10s: 0, sendBurst: 1 });
  const lin = await server.as('1001');
  for (let call = 0; call < 20; call++)
    expect(await refusalOf(lin.search({ text: 'hello' }))).toBeUndefined();
});
