import { describe, expect, it } from 'vitest';
import { withoutAllowed } from './allowed.ts';

const long = { rule: 'size', file: 'a.ts', subject: 'f', message: 'f is long' };
const entry = { rule: 'size', file: 'a.ts', why: 'a table' };

describe('an allowed exception', () => {
  it('covers its rule in its file, or only its subject', () => {
    expect(withoutAllowed([long], [entry])).toEqual([]);
    expect(withoutAllowed([long], [{ ...entry, subject: 'f' }])).toEqual([]);
    expect(withoutAllowed([long], [])).toEqual([long]);
    const other = { ...long, subject: 'g' };
    expect(withoutAllowed([long, other], [{ ...entry, subject: 'f' }])).toEqual([other]);
  });

  it('that nothing needs is a problem, so that the list only shrinks', () => {
    expect(withoutAllowed([], [entry]).map((problem) => problem.message)).toEqual([
      'size, a.ts: no longer needed, take it out',
    ]);
  });

  it('says why', () => {
    expect(withoutAllowed([long], [{ ...entry, why: ' ' }])[0]!.message).toMatch('says no reason');
  });
});
