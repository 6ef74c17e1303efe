import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child, chromium, freePort, type Skein, startSkein } from '@skein/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { repository } from './demo-server.ts';

/** The examples as their readers start them, each of them a page of another origin than the server's. */

const secret = 'a secret that the back end and the server share';
const patience = { timeout: 15_000, interval: 20 };

let browser: Browser;
let dir: string;
let skein: Skein;
let html: Child;
let react: Child;
let errors: string[];
const pages: Record<string, string> = {};

beforeAll(async () => {
  execFileSync('npm', ['run', '--silent', 'build', '-w', '@skein/client'], { cwd: repository });
  browser = await chromium();
  dir = await mkdtemp(join(tmpdir(), 'skein-examples-'));
  const [htmlPort, reactPort] = [await freePort(), await freePort()];
  const origins = [htmlPort, reactPort].map((port) => `http://127.0.0.1:${port}`);
  skein = await startSkein({ env: { SKEIN_SECRET: secret, SKEIN_ORIGINS: origins.join(',') } });
  html = await startHtml(htmlPort);
  react = await startReact(reactPort, htmlPort);
  pages['plain html'] = `${origins[0]}/`;
  pages.react = `${origins[1]}/`;
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([html, react].map((child) => child?.end('SIGTERM')));
  await skein?.[Symbol.asyncDispose]();
  if (dir) await rm(dir, { recursive: true, force: true });
});

beforeEach(() => {
  errors = [];
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  expect(errors, 'errors that nobody caught in a page').toEqual([]);
});

/** The page with the one line changed that says where the server is. */
async function startHtml(port: number): Promise<Child> {
  const text = await readFile(join(repository, 'examples/html/index.html'), 'utf8');
  expect(text.split('http://127.0.0.1:7080')).toHaveLength(2);
  const page = join(dir, 'index.html');
  await writeFile(page, text.replace('http://127.0.0.1:7080', skein.url));
  return started([join(repository, 'examples/html/src/back-end.ts'), page], {
    PORT: String(port),
    SKEIN_SECRET: secret,
  });
}

function startReact(port: number, backEndPort: number): Promise<Child> {
  const vite = join(repository, 'node_modules/vite/bin/vite.js');
  const args = [vite, join(repository, 'examples/react'), '--host', '127.0.0.1', '--port', String(port)];
  return started([...args, '--strictPort'], {
    VITE_SKEIN_URL: skein.url,
    BACK_END: `http://127.0.0.1:${backEndPort}`,
    NO_COLOR: '1',
  });
}

async function started(args: string[], env: Record<string, string>): Promise<Child> {
  const isUp = (output: string) => (/http:\/\/127\.0\.0\.1:\d+/.test(output) ? true : undefined);
  const { child } = await Child.start(process.execPath, args, isUp, { env, readyWithinMs: 30_000 });
  return child;
}

let lastUser = 7000;

/** Two people with pages of their own, in browsers that share nothing. */
async function twoPeople(name: string): Promise<{ lin: Person; mei: Person }> {
  const [lin, mei] = [String(++lastUser), String(++lastUser)];
  return { lin: await open(name, lin, mei), mei: await open(name, mei, lin) };
}

async function open(name: string, me: string, peer: string): Promise<Person> {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(`${pages[name]}?me=${me}&with=${peer}`);
  return new Person(page);
}

/** What a person does and sees, by the words of the page alone. */
class Person {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async say(text: string): Promise<void> {
    await this.page.getByLabel('Message', { exact: true }).fill(text);
    await this.page.getByRole('button', { name: 'Send' }).click();
  }

  shows(...texts: string[]): Promise<void> {
    return expect.poll(() => this.page.locator('li p').allTextContents(), patience).toEqual(texts);
  }

  ticks(...ticks: string[]): Promise<void> {
    return expect.poll(() => this.page.locator('li .state').allTextContents(), patience).toEqual(ticks);
  }

  status(text: string | RegExp): Promise<void> {
    return this.page.getByRole('status').filter({ hasText: text }).waitFor();
  }
}

describe.each(['plain html', 'react'])('the example in %s', (name) => {
  test('M1 two people chat, and ticks say how far a message is', async () => {
    const { lin, mei } = await twoPeople(name);
    await lin.say('Hello Mei');
    await mei.shows('Hello Mei');
    await lin.ticks('✓✓ read');
    await mei.say('你好');
    await lin.shows('Hello Mei', '你好');
  });

  test('M14 what nobody looks at is unread, and then read', async () => {
    const { lin, mei } = await twoPeople(name);
    await mei.page.evaluate(() => Object.assign(document, { hasFocus: () => false }));
    await lin.say('One');
    await lin.say('Two');
    await mei.shows('One', 'Two');
    await expect.poll(() => mei.page.title(), patience).toBe('(2) Chat');
    await lin.ticks('✓✓', '✓✓');
    await mei.page.evaluate(() => {
      Object.assign(document, { hasFocus: () => true });
      dispatchEvent(new Event('focus'));
    });
    await lin.ticks('✓✓ read', '✓✓ read');
    await expect.poll(() => mei.page.title(), patience).toBe('Chat');
  });

  test('Q1 S6 what is written without a server waits, says so, and arrives once', async () => {
    const { lin, mei } = await twoPeople(name);
    await lin.say('before');
    await mei.shows('before');
    await lin.ticks('✓✓ read');
    await skein.kill();
    await lin.status(/offline since/);
    await lin.say('written meanwhile');
    await lin.ticks('✓✓ read', '…');
    await skein.restart();
    await mei.shows('before', 'written meanwhile');
    await lin.ticks('✓✓ read', '✓✓ read');
  });

  test('S6 a second visit shows what is on the device before the server is there', async () => {
    const { lin, mei } = await twoPeople(name);
    await lin.say('kept on the device');
    await mei.shows('kept on the device');
    await lin.ticks('✓✓ read');
    await skein.kill();
    await lin.page.reload();
    await lin.shows('kept on the device');
    await lin.status(/offline since/);
    await skein.restart();
    await lin.say('and on');
    await mei.shows('kept on the device', 'and on');
  });
});
