import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepareDataDir } from '../config/data-dir.ts';
import { SetupProblem, systemCode } from '../config/problem.ts';

/** HS256 hashes to 32 bytes; a shorter key is weaker than the hash. */
const minSecretBytes = 32;

/**
 * The installation's HS256 secret: the setting, or else the file `secret` of the data directory, which is made with
 * random content when it is missing, readable by its owner only.
 *
 * @throws {SetupProblem} when it is too short, or the file can be neither read nor made
 */
export function loadSecret(dataDir: string, setting: string | undefined): Uint8Array {
  if (setting !== undefined) return keyOf(setting, 'SKEIN_SECRET');
  const path = join(dataDir, 'secret');
  try {
    prepareDataDir(dataDir);
    return keyOf(readFileSync(path, 'utf8').trim(), path);
  } catch (error) {
    if (error instanceof SetupProblem) throw error;
    if (systemCode(error) !== 'ENOENT') throw unusable(path, error);
  }
  try {
    return makeSecret(path);
  } catch (error) {
    throw unusable(path, error);
  }
}

/** Whether a data directory has a secret already. */
export function hasSecret(dataDir: string): boolean {
  return existsSync(join(dataDir, 'secret'));
}

/** Linked into place, so that two processes that start at once end up with one whole secret. */
function makeSecret(path: string): Uint8Array {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, `${randomBytes(minSecretBytes).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return keyOf(readFileSync(path, 'utf8').trim(), path);
}

function keyOf(text: string, source: string): Uint8Array {
  const key = new TextEncoder().encode(text);
  if (key.length >= minSecretBytes) return key;
  throw new SetupProblem(
    `${source} holds ${key.length} bytes, but a secret needs at least ${minSecretBytes}: make one with "openssl rand -base64 32"`,
  );
}

function unusable(path: string, error: unknown): SetupProblem {
  return new SetupProblem(
    `cannot use the secret at ${path} (${systemCode(error) ?? error}): make its directory readable and writable for this user, or set SKEIN_SECRET`,
  );
}
