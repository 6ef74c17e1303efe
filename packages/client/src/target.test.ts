import { expect, test } from 'vitest';
import { conversationIdOf, type Target } from './target.ts';

test.each<[Target, string]>([
  [{ person: '1002' }, 'dm:1001:1002'],
  [{ person: '9' }, 'dm:9:1001'],
  [{ group: '7' }, 'group:7'],
  [{ service: 'PRESALE' }, 'cs:1001:1'],
  [{ service: 'COMPLAINT', customer: '5' }, 'cs:5:3'],
  [{ service: 100 }, 'cs:1001:100'],
  [{ conversationId: 'note:5:1' }, 'note:5:1'],
])('for 1001, %j is %s', (target, id) => {
  expect(conversationIdOf(target, '1001')).toBe(id);
});

test.each<Target>([
  { person: 'Bob' },
  { person: '0' },
  { group: '18446744073709551616' },
  { service: 0 },
  { service: 'SALES' as never },
  { conversationId: 'dm:2:1' },
])('%j is nobody, and that is said at once', (target) => {
  expect(() => conversationIdOf(target, '1001')).toThrow(expect.objectContaining({ code: 'MISUSE' }));
});
