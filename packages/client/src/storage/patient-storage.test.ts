import { VirtualClock } from '@skein/testkit';
import { expect, test } from 'vitest';
import { MemoryStorage } from './memory-storage.ts';
import { PatientStorage } from './patient-storage.ts';

/** A storage that answers when the test says so. */
class SlowStorage extends MemoryStorage {
  asked = 0;
  answer: () => void = () => {};

  override async loadPositions() {
    this.asked += 1;
    await new Promise<void>((resolve) => {
      this.answer = resolve;
    });
    return [];
  }
}

function patient() {
  const time = new VirtualClock();
  const inner = new SlowStorage();
  const clock = {
    now: () => time.now,
    at: (at: number, call: () => void) => time.after(at - time.now, call),
    random: () => 0,
  };
  return { time, inner, storage: new PatientStorage(inner, clock) };
}

test('what takes too long has failed, and nothing more is asked until it is answered after all', async () => {
  const { time, inner, storage } = patient();
  const first = storage.loadPositions('a');
  const second = expect(first).rejects.toMatchObject({ code: 'STORAGE' });
  time.advance(3_000);
  await second;
  await expect(storage.loadPositions('a')).rejects.toMatchObject({ code: 'STORAGE' });
  expect(inner.asked).toBe(1);
  inner.answer();
  await new Promise(setImmediate);
  const third = storage.loadPositions('a');
  inner.answer();
  await expect(third).resolves.toEqual([]);
  expect(time.pending).toBe(0);
});

test('a storage that cannot be opened begins empty', async () => {
  const { storage, inner } = patient();
  inner.open = () => Promise.reject(new DOMException('not here', 'SecurityError'));
  await expect(storage.open()).resolves.toEqual({ conversations: [], outbox: [] });
});
