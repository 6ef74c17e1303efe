import { fileURLToPath } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import { rolldown } from 'rolldown';

export interface Bundle {
  readonly code: string;
  /** The files that something of is in it. */
  readonly files: readonly string[];
}

/** The file and what it imports, minified for browsers. */
export async function bundle(entry: URL): Promise<Bundle> {
  const build = await rolldown({ input: fileURLToPath(entry), platform: 'browser' });
  const { output } = await build.generate({ format: 'esm', minify: true });
  await build.close();
  const [{ code, modules }] = output;
  const files = Object.keys(modules).filter((file) => modules[file]!.renderedLength > 0);
  return { code, files };
}

/** A page of the server's origin in which `skeinTest` is there. */
export async function openPage(context: BrowserContext, url: string, { code }: Bundle): Promise<Page> {
  const page = await context.newPage();
  // Any document of the server will do; one that a test makes up would have no address, and may not connect to a local one.
  await page.goto(`${url}/healthz`);
  await page.addScriptTag({ content: code, type: 'module' });
  await page.waitForFunction(() => 'skeinTest' in globalThis);
  return page;
}
