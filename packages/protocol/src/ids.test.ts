import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareUint64, fromSigned64, isUint64, isUserId, maxUint64, toSigned64 } from './ids.ts';

const uint64 = fc.bigInt({ min: 0n, max: maxUint64 });

describe('ids are unsigned 64-bit numbers in decimal', () => {
  test.each(['0', '1', '9007199254740993', '9223372036854775808', '18446744073709551615'])(
    '%s is one',
    (text) => {
      expect(isUint64(text)).toBe(true);
    },
  );

  test.each([
    '',
    '-1',
    '+1',
    '01',
    '1.0',
    '1e3',
    '0x10',
    ' 1',
    '1 ',
    '1\n',
    '١',
    '18446744073709551616',
    '99999999999999999999',
    '100000000000000000000',
    'NaN',
  ])('%j is none', (text) => {
    expect(isUint64(text)).toBe(false);
  });

  test('0 is a number, but nobody', () => {
    expect(isUint64('0')).toBe(true);
    expect(isUserId('0')).toBe(false);
    expect(isUserId('1')).toBe(true);
  });

  test('any value is one in its one canonical form, and in no other', () => {
    fc.assert(
      fc.property(uint64, (value) => {
        expect(isUint64(value.toString())).toBe(true);
        expect(isUint64(`0${value}`)).toBe(false);
        expect(isUint64((value + maxUint64 + 1n).toString())).toBe(false);
      }),
    );
  });

  test('order is that of the values, not of the texts', () => {
    fc.assert(
      fc.property(uint64, uint64, (a, b) => {
        expect(Math.sign(compareUint64(a.toString(), b.toString()))).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });

  test('M4 a database that has only signed numbers keeps every bit', () => {
    expect(toSigned64(maxUint64)).toBe(-1n);
    expect(toSigned64(1n << 63n)).toBe(-(1n << 63n));
    fc.assert(fc.property(uint64, (value) => fromSigned64(toSigned64(value)) === value));
  });
});
