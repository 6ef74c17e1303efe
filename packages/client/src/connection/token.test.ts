import { VirtualClock } from '@skein/testkit';
import { beforeEach, expect, test } from 'vitest';
import type { Clock } from '../device/clock.ts';
import { Tokens } from './token.ts';

let time: VirtualClock;

const clock: Clock = {
  now: () => time.now,
  at: (at, call) => time.after(at - time.now, call),
  random: () => 0,
};

beforeEach(() => {
  time = new VirtualClock();
});

function jwt(claims: object): string {
  return `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
}

function valid(user: string, name = ''): string {
  return jwt({ sub: user, role: 'agent', name, exp: Math.floor(time.now / 1_000) + 3_600 });
}

test('a token is fetched once, and again before it ends', async () => {
  let fetched = 0;
  const tokens = new Tokens(() => {
    fetched += 1;
    return valid('1001', '名字');
  }, clock);
  const [first, second] = await Promise.all([tokens.get(), tokens.get()]);
  expect(first).toMatchObject({ userId: '1001', role: 'agent' });
  expect([second, fetched]).toEqual([first, 1]);
  time.advance(3_595_000);
  await tokens.get();
  expect(fetched).toBe(2);
});

test('a token of another user is not used', async () => {
  const answers = [valid('1001'), valid('1002')];
  const tokens = new Tokens(() => answers.shift()!, clock);
  await tokens.get();
  await expect(tokens.renew()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  const other = new Tokens(() => valid('1002'), clock, '1001');
  await expect(other.get()).rejects.toThrow('of user 1002');
});

test.each([
  ['no JWT', 'hello'],
  ['without a user', jwt({ exp: 4e9 })],
  ['whose user is no number', jwt({ sub: 'bob', exp: 4e9 })],
  ['without an end', jwt({ sub: '1' })],
])('what is %s is said to be, without telling the token', async (_what, text) => {
  const failed = new Tokens(() => text, clock).get();
  await expect(failed).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await expect(failed).rejects.not.toThrow(text);
});

test('an application that does not answer has given none', async () => {
  const failed = new Tokens(() => new Promise(() => {}), clock).get();
  const rejected = expect(failed).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  time.advance(20_000);
  await rejected;
});
