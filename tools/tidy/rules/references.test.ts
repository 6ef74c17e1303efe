import { describe, expect, it } from 'vitest';
import { found } from '../testing/repository.ts';
import { references } from './references.ts';

const find = (files: Record<string, string>) => found(references, files);

describe('references', () => {
  it('in Markdown lead to files or folders of the repository', () => {
    expect(
      find({
        'docs/a.md': '[b](b.md#part) ![c](../c.svg) [d](./d/)',
        'docs/b.md': '',
        'c.svg': '',
        'docs/d/e.md': '',
      }),
    ).toEqual([]);
    expect(find({ 'docs/a.md': '\n[b](../../out.md)' })).toEqual([
      'docs/a.md:2 links to ../../out.md, which is not in the repository',
    ]);
    expect(find({ 'a.md': '<img src="docs/x.png">' })).toHaveLength(1);
  });

  it('to the web and within the page are not followed', () => {
    expect(find({ 'a.md': '[x](https://example.org/x) [y](#part) [z](mailto:a@example.org)' })).toEqual([]);
  });

  it('in comments name documents of the repository', () => {
    expect(find({ 'a.ts': '// see rules.md', 'docs/rules.md': '' })).toEqual([]);
    // The name is put together, so that this file does not refer to it.
    expect(find({ 'a.ts': `// see 9-gone${'.md'}` })).toEqual([
      'a.ts:1 names 9-gone.md, which is not in the repository',
    ]);
  });
});
