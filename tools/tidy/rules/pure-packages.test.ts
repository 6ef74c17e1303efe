import { describe, expect, it } from 'vitest';
import { found } from '../testing/repository.ts';
import { purePackages } from './pure-packages.ts';

const find = (text: string, path = 'packages/chat/src/order.ts') => found(purePackages, { [path]: text });

describe('a pure package', () => {
  it.each([
    ['a clock', 'const t = Date.now();'],
    ['a clock', 'const t = new Date();'],
    ['a clock', 'performance.now();'],
    ['a timer', 'setTimeout(f, 1);'],
    ['a promise', 'async function f() {}'],
    ['a promise', 'const f = async () => 1;'],
    ['a promise', 'class A { async f() {} }'],
    ['a promise', 'Promise.resolve();'],
    ['a promise', 'interface A { f(): Promise<void> }'],
    ['randomness', 'Math.random();'],
    ['randomness', 'crypto.getRandomValues(x);'],
    ['a socket', "fetch('x');"],
    ['a socket', 'new WebSocket(x);'],
    ['storage', 'localStorage.x = 1;'],
    ['storage', 'indexedDB.open(x);'],
    ['a process', 'process.env.X;'],
    ['a process, passed along', 'f(process);'],
    ['a process, by shorthand', 'const x = { process };'],
    ["Node's modules", "import fs from 'node:fs';"],
  ])('owns no %s: %s', (_what, text) => {
    expect(find(text)).toHaveLength(1);
  });

  it('may use such a word as a name of its own', () => {
    expect(find('interface A { process: number } const a = { fetch: 1, x: b.crypto };')).toEqual([]);
    expect(find('function process(crypto: number) { return process(crypto); }')).toEqual([]);
    expect(find('const at = new Date(millis).toISOString();')).toEqual([]);
  });

  it('is judged by its source, not by its tests, and others are not judged', () => {
    expect(find('Date.now();', 'packages/chat/src/order.test.ts')).toEqual([]);
    expect(find('Date.now();', 'packages/server/src/clock.ts')).toEqual([]);
  });
});
