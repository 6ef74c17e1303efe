import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

const examples = [
  'examples/html/index.html',
  'examples/html/src/back-end.ts',
  'examples/react/src/main.tsx',
  'examples/react/src/Chat.tsx',
].map(read);

const linesOf = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

test('every line of code in the guide stands in an example that is run', () => {
  const guide = read('docs/guides/chat-on-your-page.md');
  const shown = [...guide.matchAll(/```(?:js|tsx?)\n(.*?)```/gs)].flatMap(([, code]) => linesOf(code!));
  const run = examples.flatMap(linesOf).join('\n');
  expect(shown.length).toBeGreaterThan(20);
  expect(shown.filter((line) => !run.includes(line))).toEqual([]);
});
