import { expect, test } from 'vitest';
import { isDisturbed, isVoid, whyVoid } from './void.ts';

test('a rate is void when the generator used more than 70 % of its core, or others more than 10 % of both', () => {
  expect(isVoid({ generatorShare: 0.7, othersShare: 0.1 })).toBe(false);
  expect(whyVoid({ generatorShare: 0.71, othersShare: 0 })).toMatch(/generator/);
  expect(whyVoid({ generatorShare: 0.2, othersShare: 0.11 })).toMatch(/machine/);
});

test('a busy generator does not disturb what has no generator', () => {
  expect(isDisturbed({ othersShare: 0.1 })).toBe(false);
  expect(isDisturbed({ othersShare: 0.11 })).toBe(true);
});
