import { appendFileSync, closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Millis } from '@skein/chat';
import { isUserId, type UserId } from '@skein/protocol';
import { prepareDataDir } from '../config/data-dir.ts';
import { systemCode } from '../config/problem.ts';
import type { Log } from '../observe/log.ts';
import type { Identity } from './identity.ts';

/** A user's tokens that were made up to a time, or one token by its `jti`. */
export type Revocation = { readonly userId: UserId; readonly before: Millis } | { readonly tokenId: string };

/**
 * What has been revoked: one line of JSON each in the data directory's file `revocations`, to which any process may
 * append. A server reads it again each second, so a session ends well within five seconds of its revocation.
 */
export interface Revocations {
  covers(identity: Identity, issuedAt: Millis): boolean;
  revoke(revocation: Revocation): void;
  /** Called for each revocation from now on, made here or by another process. Answers how to stop listening. */
  onRevoked(listener: (revocation: Revocation) => void): () => void;
  close(): void;
}

/** Half a second on average, and one `open` of a small file: next to nothing. */
const pollIntervalMs = 1_000;

export function openRevocations(dataDir: string, log: Log, intervalMs = pollIntervalMs): Revocations {
  return new RevocationFile(dataDir, log, intervalMs);
}

/** Revokes from outside the server: one that runs on this directory notices within a second. */
export function appendRevocation(dataDir: string, revocation: Revocation): void {
  prepareDataDir(dataDir);
  // One write of one line: appends of several processes do not mix.
  appendFileSync(fileOf(dataDir), `${JSON.stringify(revocation)}\n`, { mode: 0o600, flush: true });
}

function fileOf(dataDir: string): string {
  return join(dataDir, 'revocations');
}

class RevocationFile implements Revocations {
  private readonly dataDir: string;
  private readonly log: Log;
  private readonly timer: NodeJS.Timeout;
  private readonly users = new Map<UserId, Millis>();
  private readonly tokens = new Set<string>();
  private readonly listeners = new Set<(revocation: Revocation) => void>();
  /** How much of the file has been read, in whole lines. */
  private offset = 0;

  constructor(dataDir: string, log: Log, intervalMs: number) {
    this.dataDir = dataDir;
    this.log = log;
    this.readOn();
    this.timer = setInterval(() => this.poll(), intervalMs).unref();
  }

  covers(identity: Identity, issuedAt: Millis): boolean {
    if (identity.tokenId !== undefined && this.tokens.has(identity.tokenId)) return true;
    const before = this.users.get(identity.userId);
    return before !== undefined && issuedAt <= before;
  }

  revoke(revocation: Revocation): void {
    appendRevocation(this.dataDir, revocation);
    this.readOn();
  }

  onRevoked(listener: (revocation: Revocation) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    clearInterval(this.timer);
    this.listeners.clear();
  }

  private poll(): void {
    try {
      this.readOn();
    } catch (error) {
      this.log.error('revocations_unreadable', { file: fileOf(this.dataDir), reason: String(error) });
    }
  }

  private readOn(): void {
    for (const line of this.newLines()) {
      const revocation = parseLine(line);
      if (revocation) this.apply(revocation);
      else this.log.warn('revocation_not_understood', { file: fileOf(this.dataDir) });
    }
  }

  private apply(revocation: Revocation): void {
    if ('tokenId' in revocation) {
      if (this.tokens.has(revocation.tokenId)) return;
      this.tokens.add(revocation.tokenId);
    } else {
      if ((this.users.get(revocation.userId) ?? -1) >= revocation.before) return;
      this.users.set(revocation.userId, revocation.before);
    }
    for (const listener of this.listeners) listener(revocation);
  }

  /** The whole lines behind those read so far; all of them when the file was written anew and is shorter. */
  private newLines(): string[] {
    let file: number;
    try {
      file = openSync(fileOf(this.dataDir), 'r');
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    }
    try {
      const { size } = fstatSync(file);
      if (size < this.offset) this.offset = 0;
      const bytes = Buffer.alloc(size - this.offset);
      const length = readSync(file, bytes, 0, bytes.length, this.offset);
      const end = bytes.subarray(0, length).lastIndexOf('\n') + 1;
      this.offset += end;
      return bytes.toString('utf8', 0, end).split('\n').filter(Boolean);
    } finally {
      closeSync(file);
    }
  }
}

function parseLine(line: string): Revocation | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { tokenId, userId, before } = value as Record<string, unknown>;
  if (typeof tokenId === 'string') return { tokenId };
  const complete = typeof userId === 'string' && isUserId(userId) && typeof before === 'number';
  return complete ? { userId, before } : undefined;
}
