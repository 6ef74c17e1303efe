import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ConversationName,
  directConversation,
  groupConversation,
  maxServiceType,
  noteConversation,
  parseConversationId,
  serviceConversation,
} from './conversation-id.ts';
import { maxUint64 } from './ids.ts';

const user = fc.bigInt({ min: 1n, max: maxUint64 }).map(String);
const serviceType = fc.integer({ min: 1, max: maxServiceType });

describe('conversation ids', () => {
  test('both people name a direct conversation the same', () => {
    expect(directConversation('1002', '1001')).toBe('dm:1001:1002');
    expect(directConversation('9', '10')).toBe('dm:9:10');
    fc.assert(
      fc.property(user, user, (a, b) => {
        const id = directConversation(a, b);
        expect(directConversation(b, a)).toBe(id);
        const name = parseConversationId(id);
        expect(name?.kind === 'dm' && new Set([name.a, name.b])).toEqual(new Set([a, b]));
      }),
    );
  });

  test('what is built is parsed', () => {
    fc.assert(
      fc.property(user, serviceType, (id, type) => {
        expect(parseConversationId(groupConversation(id))).toEqual({ kind: 'group', groupId: id });
        const named = { customer: id, serviceType: type };
        expect(parseConversationId(serviceConversation(id, type))).toEqual({ kind: 'cs', ...named });
        expect(parseConversationId(noteConversation(id, type))).toEqual({ kind: 'note', ...named });
      }),
    );
  });

  test.each([
    '',
    'dm',
    'dm:',
    'dm:1',
    'dm:1:',
    'dm:2:1',
    'dm:10:9',
    'dm:0:1',
    'dm:1:2:3',
    'dm:1:2:',
    'dm:01:2',
    'dm: 1:2',
    'DM:1:2',
    'dm:1:18446744073709551616',
    'group:',
    'group:0',
    'group:1:',
    'group:1:2',
    'cs:1',
    'cs:1:0',
    'cs:0:1',
    'cs:1:01',
    'cs:1:-1',
    'cs:1:2147483648',
    'cs:1:99999999999',
    'note:1',
    'constructor:1:2',
    '__proto__:1:1',
    'cs:1:1\u0000',
    `dm:1:${'2'.repeat(70)}`,
  ])('%j names nothing', (id) => {
    expect(parseConversationId(id)).toBeUndefined();
  });

  test('nothing but the canonical form is parsed: one conversation has one id', () => {
    const kind = fc.constantFrom('dm', 'group', 'cs', 'note', 'x', '');
    const number = fc.constantFrom('0', '1', '2', '10', '01', ' 1', '-1', '', '2147483647');
    fc.assert(
      fc.property(kind, fc.array(number, { maxLength: 3 }), (first, numbers) => {
        const id = [first, ...numbers].join(':');
        const name = parseConversationId(id);
        if (name) expect(canonical(name)).toBe(id);
      }),
      { numRuns: 3_000 },
    );
  });
});

function canonical(name: ConversationName): string {
  switch (name.kind) {
    case 'dm':
      return directConversation(name.a, name.b);
    case 'group':
      return groupConversation(name.groupId);
    case 'cs':
      return serviceConversation(name.customer, name.serviceType);
    case 'note':
      return noteConversation(name.customer, name.serviceType);
  }
}
