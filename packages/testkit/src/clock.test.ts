import { describe, expect, it } from 'vitest';
import { VirtualClock } from './clock.ts';

describe('virtual clock', () => {
  it('runs timers at their own time and in their order', () => {
    const clock = new VirtualClock(1000);
    const ran: [string, number][] = [];
    const note = (name: string) => () => ran.push([name, clock.now]);
    clock.after(30, note('late'));
    clock.after(10, note('first'));
    clock.after(10, note('second'));
    clock.advance(29);
    expect(ran).toEqual([
      ['first', 1010],
      ['second', 1010],
    ]);
    clock.advance(1);
    expect(ran.at(-1)).toEqual(['late', 1030]);
    expect(clock.now).toBe(1030);
  });

  it('runs what is set while time passes, when it becomes due within it', () => {
    const clock = new VirtualClock(0);
    const ticks: number[] = [];
    const tick = () => {
      ticks.push(clock.now);
      clock.after(10, tick);
    };
    clock.after(10, tick);
    clock.advance(35);
    expect(ticks).toEqual([10, 20, 30]);
    expect(clock.pending).toBe(1);
  });

  it('does not run what was cancelled', () => {
    const clock = new VirtualClock();
    const cancel = clock.after(1, () => expect.unreachable());
    cancel();
    clock.advance(10);
    expect(clock.step()).toBe(false);
  });

  it('steps to the next timer', () => {
    const clock = new VirtualClock(0);
    let ran = false;
    clock.after(5, () => {
      ran = true;
    });
    expect([clock.step(), clock.now, ran]).toEqual([true, 5, true]);
  });

  it('jumps without changing how long a delay takes', () => {
    const clock = new VirtualClock(0);
    let at = Number.NaN;
    clock.after(10, () => {
      at = clock.now;
    });
    clock.jump(86_400_000);
    expect(at).toBeNaN();
    clock.advance(10);
    expect(at).toBe(86_400_010);
  });
});
