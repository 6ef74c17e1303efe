import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agent } from '../contract/words.ts';
import type { Store } from '../store.ts';
import { openSqliteStore } from './sqlite-store.ts';

const commitForever = fileURLToPath(new URL('./testing/commit-forever.ts', import.meta.url));
const fillDisk = fileURLToPath(new URL('./testing/fill-disk.ts', import.meta.url));

const ownMounts = ['--user', '--map-root-user', '--mount'];

/** Whether the machine lacks what a test needs; then it says so, and under CI=true it fails. */
function without(what: string, program: string, ...args: readonly string[]): boolean {
  if (spawnSync(program, args).status === 0) return false;
  const reason = `${what}: \`${[program, ...args].join(' ')}\` does not work here`;
  if (process.env.CI === 'true') throw new Error(reason);
  console.warn(`NOT RUN: ${reason}`);
  return true;
}

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'skein-failure-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

/** What a process said before it was killed. */
class Witness {
  readonly stored: { conversation: string; seq: number; key: string }[] = [];
  readonly refused: string[] = [];
  version = 0;

  /** Runs the committing process until it has said so many lines, then kills it. */
  async outlive(round: number, lines: number, command: readonly string[] = []): Promise<void> {
    const [program, ...args] = [...command, process.execPath, commitForever, dataDir, `${round}000000`];
    const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    let said = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      this.hear(line);
      said += 1;
      if (said === lines) kill(child);
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    expect(said).toBeGreaterThanOrEqual(lines);
  }

  private hear(line: string): void {
    const [what, ...words] = line.split(' ');
    if (what === 'stored') {
      const [conversation, seq, key] = words as [string, string, string];
      this.stored.push({ conversation, seq: Number(seq), key });
    } else if (what === 'refused') this.refused.push(...words);
    else this.version = Number(words[1]);
  }

  /** L1: everything acknowledged is there, once, under its number; and nothing has a hole. */
  async compare(store: Store): Promise<void> {
    const kept = new Map<string, string[]>();
    for (const { conversation } of this.stored) {
      if (!kept.has(conversation)) kept.set(conversation, await keysOf(store, conversation));
    }
    for (const { conversation, seq, key } of this.stored) {
      expect(kept.get(conversation)![seq - 1]).toBe(key);
    }
    for (const keys of kept.values()) expect(new Set(keys).size).toBe(keys.length);
    expect((await store.feed('1001', 0, 1)).version).toBeGreaterThanOrEqual(this.version);
    // Nor was anything kept that was refused.
    const all = new Set([...kept.values()].flat());
    expect(this.refused.filter((key) => all.has(key))).toEqual([]);
    expect(await store.check()).toEqual([]);
  }
}

/** The whole group: a program that runs the process for us dies with it. */
function kill(child: ChildProcess): void {
  process.kill(-child.pid!, 'SIGKILL');
}

/** The texts of a conversation by seq, which are their keys. */
async function keysOf(store: Store, conversationId: string): Promise<string[]> {
  const reader = agent(conversationId.split(':')[1]!);
  const keys: string[] = [];
  for (;;) {
    const page = await store.page(reader, conversationId, { afterSeq: keys.length, limit: 500 });
    if (!('entries' in page) || page.entries.length === 0) return keys;
    for (const entry of page.entries) {
      expect(entry.seq).toBe(keys.length + 1);
      keys.push(/[0-9]{6,}/.exec(Buffer.from(entry.delivered).toString('latin1'))![0]);
    }
  }
}

describe('a store whose process is killed', () => {
  it('L1 keeps what it acknowledged, once and without holes, a dozen times over', async () => {
    const witness = new Witness();
    for (let round = 1; round <= 12; round++) {
      await witness.outlive(round, 1 + Math.floor(Math.random() * 300));
      const store = openSqliteStore({ dataDir });
      await witness.compare(store);
      await store.close();
    }
  }, 60_000);
});

describe('two processes on one data directory', () => {
  it('the second is told so, in its own process and in another', async () => {
    const store = openSqliteStore({ dataDir });
    const second = spawnSync(process.execPath, [commitForever, dataDir, '0'], {
      encoding: 'utf8',
    });
    expect(second.status).not.toBe(0);
    expect(second.stderr).toContain(`another Skein server is using ${dataDir}`);
    expect(() => openSqliteStore({ dataDir })).toThrow('another Skein server');
    await store.close();
    await openSqliteStore({ dataDir }).close();
  });

  it('a directory that cannot be made is not said to be in use', () => {
    const file = join(dataDir, 'file');
    writeFileSync(file, '');
    expect(() => openSqliteStore({ dataDir: join(file, 'data') })).toThrow('cannot be written to');
  });
});

describe.skipIf(without('a full disk', 'unshare', ...ownMounts, 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()))(
  'a disk that is full',
  () => {
    it('L3 nothing of a batch is kept, reading goes on, and writing comes back by itself', () => {
      const inOwnDisk = 'mount -t tmpfs -o size=4m tmpfs "$1" && exec "$2" "$3" "$1"';
      const inDisk = ['sh', '-c', inOwnDisk, 'sh', dataDir, process.execPath, fillDisk];
      const { stdout, stderr } = spawnSync('unshare', [...ownMounts, ...inDisk], { encoding: 'utf8' });
      expect(stderr).toBe('');
      const { acknowledged, whileFull, afterwards, head } = JSON.parse(stdout);
      expect(acknowledged).toBeGreaterThan(0);
      expect(whileFull).toEqual({
        refusal: 'StoreUnavailable',
        again: 'StoreUnavailable',
        healthy: false,
        head: acknowledged,
        entries: acknowledged,
        unread: acknowledged,
        listed: acknowledged,
        missed: acknowledged,
      });
      expect(afterwards).toEqual({ refusal: 'stored', check: [], health: [false, true] });
      expect(head).toBe(acknowledged + 3);
    }, 30_000);
  },
);

describe.skipIf(without('failing syncs', 'strace', '-V'))('a disk whose syncs fail', () => {
  it.each([8, 13])(
    'L3 every %ith: what was acknowledged survives, and it goes on',
    async (every) => {
      const witness = new Witness();
      const inject = `inject=fdatasync,fsync:error=EIO:when=${every + 5}+${every}`;
      await witness.outlive(1, 200, ['strace', '-f', '-qq', '-o', '/dev/null', '-e', inject]);
      expect(witness.refused.length).toBeGreaterThan(0);
      expect(witness.stored.length).toBeGreaterThan(0);
      const store = openSqliteStore({ dataDir });
      await witness.compare(store);
      await store.close();
    },
    60_000,
  );
});
