import { expect, test } from 'vitest';
import { printable } from './screen.ts';

test.each([
  ['a text in any language', '你好, Grüße 👩‍👩‍👧 ✓', '你好, Grüße 👩‍👩‍👧 ✓'],
  ['lines', 'a\nb\r\nc', 'a ⏎ b ⏎ c'],
  ['an escape that would clear the screen', '\x1b[2Jgone', '�[2Jgone'],
  ['an eight-bit escape, a bell, a backspace', '\x9b2J\x07\b', '�2J��'],
  ['a carriage return that would write over the sender', 'x\r9001: trust me', 'x�9001: trust me'],
  ['a turned direction of writing', 'a\u202Egnp.exe', 'a�gnp.exe'],
])('content is shown without what steers a terminal: %s', (_what, content, shown) => {
  expect(printable(content)).toBe(shown);
});
