import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type Paho from 'paho-mqtt';
import type { Browser } from 'playwright-core';
import type { ClientKind } from './client.ts';
import { connectPaho, type PahoPlace } from './paho.ts';
import { aroundPaho, type PahoControl, type PahoReport } from './paho-page.ts';

const library = join(dirname(createRequire(import.meta.url).resolve('paho-mqtt')), 'paho-mqtt.js');

/** What the page holds. */
interface PahoWindow {
  Paho: typeof Paho;
  control: PahoControl;
  report(event: PahoReport): void;
}

/** Paho in a page of its own, of the server's origin. */
export function pahoInChromium(browser: () => Browser): ClientKind {
  return {
    client: 'Paho in Chromium',
    version: '3.1.1',
    transport: 'WebSocket',
    connect: (options) => connectPaho(options, inPage(browser())),
  };
}

function inPage(browser: Browser): PahoPlace {
  return async (options, report) => {
    const page = await browser.newPage();
    await page.exposeFunction('report', report);
    await page.goto(`http://127.0.0.1:${options.port}/healthz`);
    await page.addScriptTag({ path: library });
    await page.evaluate(
      ([source, options]) => {
        const here = window as unknown as PahoWindow;
        const around = new Function(`return ${source}`)() as typeof aroundPaho;
        here.control = around(here.Paho, options, (event) => here.report(event));
      },
      [aroundPaho.toString(), options] as const,
    );
    // In the order of asking, and all of it before the page is closed.
    let asked = Promise.resolve();
    const ask = (name: keyof PahoControl, ...args: readonly unknown[]) => {
      asked = asked.then(() => page.evaluate(callControl, [name, args] as const));
    };
    return {
      subscribe: (filter, qos) => ask('subscribe', filter, qos),
      publish: (...args) => ask('publish', ...args),
      disconnect: () => ask('disconnect'),
      close: async () => {
        await asked;
        await page.close();
      },
    };
  };
}

function callControl([name, args]: readonly [keyof PahoControl, readonly unknown[]]): void {
  const { control } = window as unknown as PahoWindow;
  (control[name] as (...args: readonly unknown[]) => void)(...args);
}
