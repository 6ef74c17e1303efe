import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultAmendPolicy, defaultReplyPolicy } from '@skein/chat';
import { directConversation } from '@skein/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { append, person } from '../contract/words.ts';
import { Committer } from './committer.ts';
import { IdSequence } from './id-sequence.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { openTables, type Tables, transaction } from './tables.ts';
import { replay, WriteBehind } from './write-behind.ts';

const policy = { reply: defaultReplyPolicy, amend: defaultAmendPolicy, direct: 'everyone' } as const;
const ann = person('1001');
const peers = Array.from({ length: 900 }, (_, i) => person(`${5000 + i}`));

let dataDir: string;
let tables: Tables;
let writeBehind: WriteBehind;
let commit: (rounds: number) => void;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'skein-write-behind-'));
  tables = openTables(dataDir);
  writeBehind = new WriteBehind(tables);
  const committer = new Committer(tables, policy, new IdSequence(0n), Date.now);
  commit = (rounds) => {
    for (let i = 0; i < rounds; i++) {
      const sends = peers.map((peer) => append(peer, directConversation(ann.userId, peer.userId)));
      transaction(tables.db, () => committer.run(sends));
    }
  };
});
afterEach(() => {
  tables.db.close();
  rmSync(dataDir, { recursive: true });
});

/** Opens what a kill at this moment would leave, and counts what Ann has not read. */
async function afterCrash(): Promise<{ unread: number; version: number; differences: readonly string[] }> {
  const copy = mkdtempSync(join(dataDir, 'copy-'));
  for (const file of ['skein.db', 'skein.db-wal']) copyFileSync(join(dataDir, file), join(copy, file));
  const store = openSqliteStore({ dataDir: copy });
  const { totalUnread, version } = await store.unread(ann.userId, 1);
  const differences = await store.check();
  await store.close();
  return { unread: totalUnread, version, differences };
}

const markOf = () => BigInt(tables.meta.get('projected_through') ?? 0);

describe('writing behind', () => {
  it('L1 a crash between any two slices loses nothing, and no version is told for less', async () => {
    commit(2);
    const { version } = tables.users.get(ann.userId);
    let slices = 0;
    for (let more = true; more; slices++) {
      more = writeBehind.step();
      expect(await afterCrash()).toEqual({
        unread: 2 * peers.length,
        version: expect.any(Number),
        differences: [],
      });
      expect((await afterCrash()).version).toBeGreaterThanOrEqual(version);
    }
    expect(slices).toBeGreaterThan(3);
  });

  it('vouches for the entries before a round only when the round is over, and never for later ones', async () => {
    commit(1);
    const before = tables.entries.lastId();
    expect(writeBehind.step()).toBe(true);
    expect(markOf()).toBe(0n);
    commit(1);
    while (writeBehind.step());
    expect(markOf()).toBe(before);
    expect(await afterCrash()).toMatchObject({ unread: 2 * peers.length, differences: [] });
    while (writeBehind.step());
    expect(markOf()).toBe(tables.entries.lastId());
  });

  it('replaying what was counted changes nothing', () => {
    commit(2);
    writeBehind.flush();
    const { version } = tables.users.get(ann.userId);
    tables.meta.set('projected_through', '0');
    writeBehind.forget();
    replay(tables, policy.reply);
    expect(tables.users.get(ann.userId).version).toBe(version);
    expect(tables.users.dirty()).toEqual([]);
  });
});
