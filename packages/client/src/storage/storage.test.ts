import { mkdtempSync } from 'node:fs';
import { appendFile, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { FileStorage } from '../node/file-storage.ts';
import { MemoryStorage } from './memory-storage.ts';
import type { Storage } from './storage.ts';
import { storageContract } from './testing/contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'skein-storage-'));
let files = 0;

const opened: Storage[] = [];

function file(path: string, ...further: number[]): FileStorage {
  const storage = new FileStorage(path, ...further);
  opened.push(storage);
  return storage;
}

afterEach(() => {
  for (const storage of opened.splice(0)) storage.close();
});

afterAll(() => rm(folder, { recursive: true }));

describe('in a file', () => {
  test.each(storageContract)('$name', async ({ run }) => {
    const path = join(folder, `${++files}.jsonl`);
    await run(() => file(path));
  });

  test('L1 a last line that a crash cut off is dropped', async () => {
    const path = join(folder, 'cut.jsonl');
    const storage = file(path);
    await storage.open();
    await storage.commit({ ...nothing, meta: { feedVersion: 4 } });
    storage.close();
    await appendFile(path, '{"clear":true,"removed');
    expect((await file(path).open()).meta).toEqual({ feedVersion: 4 });
    expect(await readFile(path, 'utf8')).toMatch(/\}\n$/);
  });

  test('is written anew before it grows without end', async () => {
    const path = join(folder, 'long.jsonl');
    const storage = file(path, 10);
    await storage.open();
    for (let feedVersion = 1; feedVersion <= 35; feedVersion++) {
      await storage.commit({ ...nothing, meta: { feedVersion } });
    }
    expect((await readFile(path, 'utf8')).split('\n').length).toBeLessThan(13);
    expect((await file(path).open()).meta).toEqual({ feedVersion: 35 });
  });
});

describe('in memory', () => {
  test.each(storageContract)('$name', async ({ run }) => {
    const storage = new MemoryStorage();
    await run(() => storage);
  });
});

const nothing = {
  clear: false,
  removedConversations: [],
  conversations: [],
  positions: [],
  entries: [],
  outbox: [],
  removedSends: [],
};
