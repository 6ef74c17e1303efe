import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ClientConnection, ServerConnection } from './index.ts';

test('the example of the README does what it says', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, code] = /```js\nimport [^\n]+\n([^`]+)```/.exec(readme)!;
  const printed: unknown[][] = [];
  const run = new Function('ClientConnection', 'ServerConnection', 'console', code!);
  run(ClientConnection, ServerConnection, { log: (...values: unknown[]) => printed.push(values) });
  expect(printed).toEqual([['mine', [['message-id', '42']]]]);
});
