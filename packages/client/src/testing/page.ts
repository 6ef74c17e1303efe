import { createSkein } from '../skein.ts';
import { IndexedDbStorage } from '../storage/indexed-db-storage.ts';
import { storageContract } from '../storage/testing/contract.ts';

/** What tests in a browser call; see `browser.ts`. */
const page = { createSkein, IndexedDbStorage, storageContract };

export type TestPage = typeof page;

Object.assign(globalThis, { skeinTest: page });
