import { VirtualClock } from '@skein/testkit';
import { beforeEach, expect, test } from 'vitest';
import type { Clock } from '../device/clock.ts';
import { askingLocks, type LockChannel } from './asking-locks.ts';
import type { TabLocks } from './locks.ts';

let time: VirtualClock;
let channels: Set<LockChannel>;
let leading: string[];

beforeEach(() => {
  time = new VirtualClock();
  channels = new Set();
  leading = [];
});

const clock: Clock = {
  now: () => time.now,
  at: (at, call) => time.after(at - time.now, call),
  random: () => 0,
};

/** One of the tabs, which hear each other a millisecond later. */
function tab(name: string): TabLocks & { vanish(): void } {
  const channel: LockChannel = {
    onmessage: null,
    close: () => channels.delete(channel),
    postMessage(data) {
      for (const other of channels) {
        if (other !== channel) time.after(1, () => channels.has(other) && other.onmessage?.({ data }));
      }
    },
  };
  channels.add(channel);
  const locks = askingLocks(channel, clock, name);
  locks.acquire('leader', () => leading.push(name));
  return { ...locks, vanish: () => channels.delete(channel) };
}

test('a tab that is alone leads within a second', () => {
  tab('a');
  time.advance(999);
  expect(leading).toEqual(['a']);
});

test('of tabs that open together one leads, and a later one follows', () => {
  for (const name of ['b', 'a', 'c']) tab(name);
  time.advance(2_000);
  tab('d');
  time.advance(10_000);
  expect(leading).toEqual(['a']);
});

test('when the leading tab closes or is gone, exactly one of the others leads within a second', () => {
  const a = tab('a');
  time.advance(1_000);
  const b = tab('b');
  tab('c');
  time.advance(5_000);
  a.close();
  time.advance(999);
  expect(leading).toEqual(['a', 'b']);
  b.vanish();
  time.advance(999);
  expect(leading).toEqual(['a', 'b', 'c']);
});

test('the lock of a living tab is not free, that of one that is gone is', () => {
  const a = tab('a');
  const b = tab('b');
  b.acquire('alive: b', () => {});
  time.advance(1_000);
  let isFree = false;
  a.whenFree('alive: b', () => {
    isFree = true;
  });
  time.advance(60_000);
  expect(isFree).toBe(false);
  b.vanish();
  time.advance(1_000);
  expect(isFree).toBe(true);
});

test('close leaves no timer', () => {
  const a = tab('a');
  a.whenFree('somebody', () => {});
  a.close();
  expect(time.pending).toBe(0);
});
