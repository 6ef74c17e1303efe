// @ts-check
// Installs what is missing, so that `npm start` and `npm test` work on a fresh clone. Plain JavaScript without
// dependencies, because it runs before there are any, on whatever Node (20 or newer) the machine has.
//
//   node tools/setup.mjs              the npm packages, among them the pinned Node
//   node tools/setup.mjs --services   also the programs that the tests run: a browser, a broker
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setUpPackages } from './setup/packages.mjs';
import { setUpServices } from './setup/services.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

try {
  setUpPackages(root);
  if (process.argv.includes('--services')) setUpServices(root);
} catch (error) {
  console.error(`setup: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
