import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { onEvents, until } from './until.ts';

describe('until', () => {
  it('answers at once what already holds, also 0 and the empty text', async () => {
    expect(await until(() => 0)).toBe(0);
    expect(await until(() => '')).toBe('');
  });

  it('looks again at each event, and leaves no listener behind', async () => {
    const emitter = new EventEmitter();
    const seen: number[] = [];
    emitter.on('value', (value: number) => seen.push(value));
    let looks = 0;
    const three = until(
      () => {
        looks += 1;
        return seen.length >= 3;
      },
      { changes: onEvents(emitter, 'value') },
    );
    for (const value of [1, 2, 3, 4]) emitter.emit('value', value);
    expect(await three).toBe(true);
    expect(looks).toBe(4);
    expect(emitter.listenerCount('value')).toBe(1);
  });

  it('looks by itself where there are no events', async () => {
    let value: string | undefined;
    setImmediate(() => {
      value = 'there';
    });
    expect(await until(() => value)).toBe('there');
  });

  it('says what did not come, and how far it came', async () => {
    const wait = until(() => false, { timeoutMs: 1, what: () => '3 messages, 2 came' });
    await expect(wait).rejects.toThrow('waited 1 ms in vain for 3 messages, 2 came');
  });

  it('ends with the error of its condition', async () => {
    const wait = until(() => {
      throw new Error('broken');
    });
    await expect(wait).rejects.toThrow('broken');
  });
});
