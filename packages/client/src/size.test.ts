import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { bundle } from './testing/browser.ts';

test('P8 the whole client, minified and compressed, with MQTT and protobuf, is at most 40 KB', async () => {
  const { code } = await bundle(new URL('./index.ts', import.meta.url));
  expect(gzipSync(code, { level: 9 }).length).toBeLessThan(40 * 1_000);
});

test('P8 a page loads nothing of the runtime of generated code', async () => {
  const { files } = await bundle(new URL('./index.ts', import.meta.url));
  expect(files.filter((file) => file.includes('@bufbuild'))).toEqual([]);
  expect(files.some((file) => file.endsWith('compact/codec.ts'))).toBe(true);
});
