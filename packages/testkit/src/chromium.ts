import { type Browser, chromium as playwright } from 'playwright-core';
import { pathOf } from './services.ts';

/** Needed where tests run as root in a container, without a display or a network of their own. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  // Chromium would otherwise look for updates, and wait for what it cannot reach.
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--no-default-browser-check',
];

/** The Chromium that the setup found, without a window. Close it, or take it with `await using`. */
export function chromium(furtherFlags: readonly string[] = []): Promise<Browser> {
  return playwright.launch({
    executablePath: pathOf('chromium'),
    headless: true,
    args: [...flags, ...furtherFlags],
  });
}
