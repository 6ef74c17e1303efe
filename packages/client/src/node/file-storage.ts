import { type FileHandle, open, readFile, rename } from 'node:fs/promises';
import type { SavedState, Transaction } from '@skein/sync';
import { MemoryStorage } from '../storage/memory-storage.ts';

/**
 * Keeps a copy in memory and in one file of JSON lines, a transaction each, synced to the disk. A last line that a
 * crash cut off was never acknowledged, and is dropped.
 */
export class FileStorage extends MemoryStorage {
  readonly #path: string;
  readonly #appendsBeforeRewrite: number;
  #file: FileHandle | undefined;
  #appends = 0;
  #writing: Promise<void> = Promise.resolve();

  /** @param appendsBeforeRewrite after so many transactions the file is written anew without what is out of date */
  constructor(path: string, appendsBeforeRewrite = 2_000) {
    super();
    this.#path = path;
    this.#appendsBeforeRewrite = appendsBeforeRewrite;
  }

  override async open(): Promise<SavedState> {
    for (const transaction of await readTransactions(this.#path)) this.apply(transaction);
    await this.#rewrite();
    return super.open();
  }

  override commit(transaction: Transaction): Promise<void> {
    const written = this.#writing.then(() => this.#append(transaction));
    this.#writing = written.catch(() => {});
    return written;
  }

  override close(): void {
    this.#writing = this.#writing.then(async () => {
      const file = this.#file;
      this.#file = undefined;
      await file?.close();
    });
  }

  async #append(transaction: Transaction): Promise<void> {
    // After a failed write nobody knows what the file ends with: it is written anew.
    if (this.#file === undefined || this.#appends >= this.#appendsBeforeRewrite) await this.#rewrite();
    const file = this.#file!;
    try {
      await file.appendFile(`${JSON.stringify(transaction)}\n`);
      await file.datasync();
    } catch (error) {
      this.#file = undefined;
      await file.close().catch(() => {});
      throw error;
    }
    this.apply(transaction);
    this.#appends += 1;
  }

  async #rewrite(): Promise<void> {
    const path = `${this.#path}.new`;
    const file = await open(path, 'w', 0o600);
    try {
      await file.appendFile(`${JSON.stringify(this.whole())}\n`);
      await file.sync();
      await rename(path, this.#path);
    } catch (error) {
      await file.close();
      throw error;
    }
    await this.#file?.close();
    this.#file = file;
    this.#appends = 0;
  }
}

async function readTransactions(path: string): Promise<Transaction[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Transaction);
}
