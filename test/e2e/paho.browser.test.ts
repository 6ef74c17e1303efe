import { join } from 'node:path';
import { Child, chromium } from '@skein/testkit';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DemoServer, repository } from './demo-server.ts';
import { Side } from './demo-side.ts';

/** The first page: `skein dev` serves it, and the published `paho-mqtt` package does the talking. */

const patience = { timeout: 15_000, interval: 20 };

let browser: Browser;
let server: DemoServer;
let errors: string[];

beforeAll(async () => {
  browser = await chromium();
});

afterAll(() => browser?.close());

beforeEach(async () => {
  errors = [];
  server = await DemoServer.start();
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await server[Symbol.asyncDispose]();
  expect(errors, 'errors that nobody caught in the page').toEqual([]);
});

async function open(options: BrowserContextOptions = {}, hash = '') {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(server.url + hash);
  const [left, right] = [new Side(page, 'left'), new Side(page, 'right')];
  await isCurrent(left);
  await isCurrent(right);
  return { page, left, right };
}

function isCurrent(side: Side): Promise<void> {
  return expect.poll(() => side.status(), patience).toBe('current');
}

function shows(side: Side, ...expected: string[]): Promise<void> {
  return expect.poll(() => side.shown(), patience).toEqual(expected);
}

describe('two people, each with Paho unmodified', () => {
  test('M1 M2 what one writes the other gets, in one order, and all three callbacks are called', async () => {
    const { page, left, right } = await open();
    await left.say('Hello Mei');
    await shows(right, '1 Hello Mei');
    await right.say('Hello Lin');
    await shows(left, '1 Hello Mei', '2 Hello Lin');
    await shows(right, '1 Hello Mei', '2 Hello Lin');

    const row = (what: string, topic: string) =>
      page.locator('.fact-line', { hasText: what }).filter({ hasText: topic });
    await row('onMessageArrived', 'skein/v1/1002/in/message').first().waitFor();
    await row('onMessageDelivered', 'PUBACK').first().waitFor();
    await left.flipLine();
    await row('onConnectionLost', 'Lin').first().waitFor();
  });

  test('M4 ids over 2^53 are whole in the page', async () => {
    const { page, left } = await open();
    await left.say('Hello');
    await shows(left, '1 Hello');
    const opened = async (topic: string) => {
      const details = page.locator('details', { hasText: topic }).first();
      await details.locator('summary').click();
      await details.locator('pre:not(:empty)').waitFor();
      return JSON.parse((await details.locator('pre').textContent())!) as Record<string, string>;
    };
    const { message_id = '0' } = await opened('skein/v1/1001/out/message');
    expect(BigInt(message_id)).toBeGreaterThan(1n << 53n);
    expect(await opened('skein/v1/1001/in/ack')).toMatchObject({ client_message_id: message_id });
  });

  test('M14 M7 unread until one goes there; ticks say stored, delivered, read and never go back', async () => {
    const { left, right } = await open();
    await right.flipLine();
    await left.say('One');
    await expect.poll(() => left.states(), patience).toEqual(['stored']);
    await right.flipLine();
    await expect.poll(() => left.states(), patience).toEqual(['delivered']);
    await expect.poll(() => right.badge(), patience).toBe('1 unread');
    await left.say('Two');
    await expect.poll(() => right.badge(), patience).toBe('2 unread');
    expect(await right.root.locator('.fresh').count()).toBe(1);

    await right.goThere();
    await expect.poll(() => left.states(), patience).toEqual(['read', 'read']);
    await expect.poll(() => right.root.locator('.badge').isVisible(), patience).toBe(false);
  });

  test('M6 M11 S1 who was cut off gets what was missed, and sends what was written meanwhile, once', async () => {
    const { left, right } = await open();
    await left.say('before');
    await shows(right, '1 before');
    await right.flipLine();
    await expect.poll(() => right.status(), patience).toBe('offline');
    await right.say('written offline');
    for (const text of ['a', 'b', 'c']) await left.say(text);
    await shows(left, '1 before', '2 a', '3 b', '4 c');
    expect(await right.states()).toEqual(['sending']);
    expect(await right.shown()).toEqual(['1 before']);

    await right.flipLine();
    const all = ['1 before', '2 a', '3 b', '4 c', '5 written offline'];
    await shows(right, ...all);
    await shows(left, ...all);
    await isCurrent(right);
    expect(await right.unsent()).toBe(0);
  });

  test('L1 M6 the server is killed and started again: nothing is lost, and both are there again by themselves', async () => {
    const { left, right } = await open();
    await left.say('one');
    await shows(right, '1 one');
    await server.kill();
    await expect.poll(() => left.status(), patience).not.toBe('current');
    await left.say('two');
    await server.startAgain();
    await isCurrent(left);
    await isCurrent(right);
    await shows(left, '1 one', '2 two');
    await shows(right, '1 one', '2 two');
  });

  test('Q3 what was on its way when the page was reloaded still goes out, once', async () => {
    const { page, left, right } = await open();
    await left.flipLine();
    await expect.poll(() => left.status(), patience).toBe('offline');
    await left.say('first');
    await left.say('second');
    await page.reload();
    await shows(right, '1 first', '2 second');
    await shows(left, '1 first', '2 second');
    expect(await left.unsent()).toBe(0);
  });

  test('who types is seen typing by the other, until the message is there', async () => {
    const { left, right } = await open();
    const typing = () => left.root.locator('.typing').textContent();
    await left.say('zero');
    await shows(right, '1 zero');
    for (const text of ['one', 'two']) {
      await right.root.locator('textarea').pressSequentially(text);
      await expect.poll(typing, patience).toBe('Mei is typing…');
      await right.root.locator('textarea').press('Enter');
      await expect.poll(typing, patience).toBe('');
    }
    await shows(left, '1 zero', '2 one', '3 two');
  });

  test('a text is a text, whatever it looks like', async () => {
    const { page, left, right } = await open();
    const hostile =
      '<img src=x onerror="document.title=1"><b>bold</b> &amp; \u202eabc [x](javascript:alert(1))';
    await left.say(hostile);
    await shows(right, `1 ${hostile}`);
    expect(await page.locator('.bubble img, .bubble b, .bubble a').count()).toBe(0);
    expect(await page.title()).not.toBe('1');
  });

  test('O1 both write forty messages at once: both see the same forty, in the same order', async () => {
    const { page, left, right } = await open();
    // In the page: two keyboards at once would take the focus from each other.
    await page.evaluate(() => {
      for (let i = 0; i < 20; i++) {
        for (const side of ['left', 'right']) {
          const form = document.querySelector<HTMLFormElement>(`.panel.${side} form`)!;
          form.querySelector('textarea')!.value = `${side}${i}`;
          form.requestSubmit();
        }
      }
    });
    await expect.poll(async () => (await left.shown()).length, patience).toBe(40);
    await expect.poll(() => right.shown(), patience).toEqual(await left.shown());
    const shown = await left.shown();
    expect(shown.map((line) => Number(line.split(' ')[0]))).toEqual(
      Array.from({ length: 40 }, (_, i) => i + 1),
    );
    const from = (side: string) =>
      shown.map((line) => line.split(' ')[1]!).filter((text) => text.startsWith(side));
    expect(from('left')).toEqual(Array.from({ length: 20 }, (_, i) => `left${i}`));
    expect(from('right')).toEqual(Array.from({ length: 20 }, (_, i) => `right${i}`));
  });

  test('M1 the lines shown for joining with Paho join, as they stand', async () => {
    const { page, right } = await open();
    const demo = (await (await fetch(`${server.url}/demo.json`)).json()) as { people: { token: string }[] };
    const code = (await page.locator('.recipe code').textContent())!
      .replace('…', demo.people[0]!.token)
      .replace('./messages_pb.js', './src/gen/messages_pb.js');
    const running = Child.start(
      process.execPath,
      ['--input-type=module', '--eval', code],
      (output) => /content: 'Hello to you'/.exec(output)?.[0],
      { cwd: join(repository, 'examples/paho') },
    );
    await shows(right, '1 Hello!');
    await right.say('Hello to you');
    const { child } = await running;
    await child.end('SIGKILL');
  });
});

describe('a customer and an agent', () => {
  test('M5 M10 M15 a question waits for an answer until it gets one, over a cut line as well', async () => {
    const { left: customer, right: agent } = await open({}, '/#service');
    const waiting = () => agent.root.locator('.waiting').isVisible();
    expect(await waiting()).toBe(false);
    await customer.say('Where is my parcel?');
    await expect.poll(waiting, patience).toBe(true);
    await agent.flipLine();
    await customer.say('Number 7788');
    await shows(customer, '1 Where is my parcel?', '2 Number 7788');
    await agent.flipLine();
    await shows(agent, '1 Where is my parcel?', '2 Number 7788');
    expect(await waiting()).toBe(true);
    await agent.say('It leaves today');
    await expect.poll(waiting, patience).toBe(false);
    await shows(customer, '1 Where is my parcel?', '2 Number 7788', '3 It leaves today');
  });
});

describe('for whom it is made', () => {
  test('in Chinese for a browser in Chinese, and in English at a click, which is remembered', async () => {
    const { page } = await open({ locale: 'zh-CN' });
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
    await page.getByRole('button', { name: '在线客服' }).waitFor();
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('button', { name: 'Customer service' }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Customer service' }).waitFor();
  });

  test.each([320, 390, 768, 1280, 1920])('nothing is wider than a screen of %d pixels', async (width) => {
    const { page, left } = await open({ viewport: { width, height: 800 } });
    await left.say(`a${'very'.repeat(200)}longword`);
    await left.root.locator('.bubble').waitFor();
    const overflow = () =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(await overflow()).toBe(0);
  });

  test('without a mouse: the first message in three keys from the switch, and its line can be cut', async () => {
    const { page, left, right } = await open();
    await left.root.getByRole('switch').focus();
    await page.keyboard.press('Space');
    await expect.poll(() => left.status(), patience).toBe('offline');
    await page.keyboard.press('Space');
    await isCurrent(left);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.type('typed');
    await page.keyboard.press('Enter');
    await shows(right, '1 typed');
  });
});
