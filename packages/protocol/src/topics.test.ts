import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maxUint64 } from './ids.ts';
import { inNames, inTopic, matchInFilter, outNames, outTopic, parseOutTopic } from './topics.ts';

const user = fc.bigInt({ min: 1n, max: maxUint64 }).map(String);

describe('A1 a client publishes to its own out/ topics', () => {
  test('each of them says whose it is and which', () => {
    fc.assert(
      fc.property(user, fc.constantFrom(...outNames), (id, name) => {
        expect(parseOutTopic(outTopic(id, name))).toEqual({ user: id, name });
      }),
    );
  });

  test.each([
    '',
    'skein/v1',
    'skein/v1/',
    'skein/v1//out/message',
    'skein/v1/1',
    'skein/v1/1/out',
    'skein/v1/1/out/',
    'skein/v1/1/out/messages',
    'skein/v1/1/out/message/',
    'skein/v1/1/out/message/x',
    'skein/v1/1/in/message',
    'skein/v1/1/2/out/message',
    'skein/v1/0/out/message',
    'skein/v1/01/out/message',
    'skein/v1/-1/out/message',
    'skein/v1/18446744073709551616/out/message',
    'skein/v1/+/out/message',
    'skein/v1/#',
    '/skein/v1/1/out/message',
    'skein/v2/1/out/message',
    'SKEIN/v1/1/out/message',
    'skein/v1/1/out/constructor',
    'skein/v1/1/out/ack',
    '$share/g/skein/v1/1/out/message',
    'skein/v1/1/out/message\u0000',
  ])('%j is no topic to publish to', (topic) => {
    expect(parseOutTopic(topic)).toBeUndefined();
  });
});

describe('A1 a client subscribes to its own in/ topics', () => {
  test('one by one, or all of them with a wildcard', () => {
    fc.assert(
      fc.property(user, fc.constantFrom(...inNames), (id, name) => {
        expect(matchInFilter(id, inTopic(id, name))).toEqual([name]);
        expect(matchInFilter(id, `${inTopic(id, name)}/#`)).toEqual([name]);
        expect(matchInFilter(id, `skein/v1/${id}/in/#`)).toEqual(inNames);
        expect(matchInFilter(id, `skein/v1/${id}/in/+`)).toEqual(inNames);
      }),
    );
  });

  test.each([
    '#',
    '+',
    'skein/#',
    'skein/v1/#',
    'skein/v1/+/in/message',
    'skein/v1/+/in/#',
    'skein/v1/1/#',
    'skein/v1/1/+/message',
    'skein/v1/1/in',
    'skein/v1/1/in/',
    'skein/v1/1/in#',
    'skein/v1/1/in/#/x',
    'skein/v1/1/in/+/x',
    'skein/v1/1/in/+/#',
    'skein/v1/1/in/message#',
    'skein/v1/1/in/message/+',
    'skein/v1/1/in/message/x',
    'skein/v1/1/in/nothing',
    'skein/v1/1/out/message',
    'skein/v1/1/out/#',
    'skein/v1/10/in/message',
    'skein/v1/10/in/#',
    'skein/v1/2/in/message',
    'skein/v1/01/in/message',
    '+/v1/1/in/message',
    '$share/g/skein/v1/1/in/message',
    '$share/skein/v1/1/in/#',
    '$SYS/#',
    '/skein/v1/1/in/#',
  ])('user 1 gets nothing with %j', (filter) => {
    expect(matchInFilter('1', filter)).toBeUndefined();
  });

  test('no filter made of these pieces reaches the topic of another', () => {
    const level = fc.constantFrom(
      'skein',
      'v1',
      '1',
      '2',
      '12',
      'in',
      'out',
      'message',
      '+',
      '#',
      '',
      '$share',
    );
    fc.assert(
      fc.property(fc.array(level, { minLength: 1, maxLength: 7 }), (levels) => {
        const filter = levels.join('/');
        if (matchInFilter('1', filter) === undefined) return;
        for (const topic of [
          inTopic('2', 'message'),
          inTopic('12', 'message'),
          outTopic('1', 'message'),
          outTopic('2', 'message'),
        ]) {
          expect(standardMatch(filter, topic), `${filter} and ${topic}`).toBe(false);
        }
      }),
      { numRuns: 20_000 },
    );
  });

  test('what is said to match is what MQTT says', () => {
    const rest = fc.constantFrom(
      '/#',
      '/+',
      ...inNames.map((name) => `/${name}`),
      ...inNames.map((n) => `/${n}/#`),
    );
    fc.assert(
      fc.property(user, rest, (id, tail) => {
        const filter = `skein/v1/${id}/in${tail}`;
        const matched = inNames.filter((name) => standardMatch(filter, inTopic(id, name)));
        expect(matchInFilter(id, filter)).toEqual(matched);
      }),
    );
  });
});

/** Topic matching as the standard words it (MQTT 5, 4.7.1), level by level. */
function standardMatch(filter: string, topic: string): boolean {
  const levels = topic.split('/');
  const wanted = filter.split('/');
  for (const [i, level] of wanted.entries()) {
    if (level === '#') return true;
    if (i >= levels.length || (level !== '+' && level !== levels[i])) return false;
  }
  return wanted.length === levels.length;
}
