import type { SeqRange } from '@skein/chat';
import type { EntryRow, PositionsRow, SavedState, Transaction } from '@skein/sync';

/** Where a device keeps one user's copy: IndexedDB in a page, a file in Node, or memory. */
export interface Storage {
  /** All but entries and positions, which are loaded when they are shown. */
  open(): Promise<SavedState>;
  /** Keeps a transaction whole or not at all (S3); when it resolves, it survives a crash of the program (Q1). */
  commit(transaction: Transaction): Promise<void>;
  /** What is there of a range, ascending by seq. */
  loadEntries(conversationId: string, range: SeqRange): Promise<EntryRow['entry'][]>;
  loadPositions(conversationId: string): Promise<PositionsRow['members'] | undefined>;
  /** Nothing may be asked afterwards. */
  close(): void;
}

/** Opens the storage of one user; each user's is apart from the others'. */
export type OpenStorage = (userId: string) => Storage;
