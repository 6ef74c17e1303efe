// @ts-check
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Installs the npm packages when they are missing or differ from the lock file, and makes sure that the Node among
 * them is the one that `.node-version` names. Throws with one line that says what to do.
 * @param {string} root the repository
 */
export function setUpPackages(root) {
  const why = whatIsStale(root);
  if (why !== undefined) install(root, why);
  const wanted = readFileSync(join(root, '.node-version'), 'utf8').trim();
  const found = pinnedNodeVersion(root);
  if (found?.split('.')[0] !== wanted) {
    throw new Error(
      `node_modules/.bin/node is ${found ?? 'missing'}, Node ${wanted} is needed: its install script did not run. ` +
        'Check that `npm config get ignore-scripts` says false, then run: npm rebuild node',
    );
  }
}

/**
 * Why the installed packages are not those of the lock file; undefined when they are. npm writes its own record of
 * what is installed at the end of a successful install, so a broken-off install is stale as well.
 * @param {string} root
 * @returns {string | undefined}
 */
export function whatIsStale(root) {
  const record = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return 'no packages are installed yet';
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  for (const [place, entry] of Object.entries(wanted)) {
    // Workspaces are listed under their own folders, and reached by links; only node_modules is npm's to fill.
    if (!place.startsWith('node_modules/')) continue;
    const found = installed[place];
    // What is optional may belong to another platform.
    if (found === undefined && !entry.optional) return `${place} is missing`;
    if (found !== undefined && found.version !== entry.version) return `${place} is another version`;
  }
  return undefined;
}

/**
 * @param {string} root
 * @param {string} why
 */
function install(root, why) {
  console.error(`setup: ${why}; installing the npm packages (about 150 MB the first time)`);
  // `ci` takes exactly what is locked and clears the folder first: right when there is nothing to keep. It refuses a
  // lock file in which the builds of a package for other platforms are missing, as they are after an install from
  // some registry mirrors; a plain install does not.
  const hasFolder = existsSync(join(root, 'node_modules'));
  if (!hasFolder && npm(root, 'ci')) return;
  if (npm(root, 'install', '--no-save')) return;
  throw new Error(
    'npm install failed (its reason is above). When the registry cannot be reached: check the network and ' +
      '`npm config get registry`, then run the same command again.',
  );
}

/**
 * @param {string} root
 * @param {string[]} args
 */
function npm(root, ...args) {
  const run = spawnSync('npm', [...args, '--loglevel=error'], {
    cwd: root,
    // The answer on stdout belongs to the command that comes after.
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  return run.status === 0;
}

/** @param {string} root */
function pinnedNodeVersion(root) {
  const name = process.platform === 'win32' ? 'node.cmd' : 'node';
  const run = spawnSync(join(root, 'node_modules/.bin', name), ['-p', 'process.versions.node'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  return run.status === 0 ? run.stdout.trim() : undefined;
}
