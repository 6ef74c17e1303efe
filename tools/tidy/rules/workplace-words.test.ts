import { describe, expect, it } from 'vitest';
import { found } from '../testing/repository.ts';
import { workplaceWords } from './workplace-words.ts';

const find = (text: string) => found(workplaceWords, { 'docs/a.md': text });

describe('workplace words', () => {
  it.each([
    ['see ', 'work', 'x'].join('/'),
    "'/home/me/x'",
    'Co-Authored-By: x',
    'A language model wrote this',
    'as instructed by x',
  ])('are found: %s', (text) => {
    expect(find(`\n${text}`)).toHaveLength(1);
  });

  it('are not words of the trade', () => {
    expect(
      find('an agent opens a session; https://example.org/home/x; skein/va/work/1; packages/work/x'),
    ).toEqual([]);
  });
});
