// @ts-check
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * @typedef {object} Service A program that tests run and npm cannot install.
 * @property {string} name what tests call it
 * @property {string} what for whoever reads that it is missing
 * @property {string[]} commands the names it goes by; the first one found is taken
 * @property {string[]} places where it lies when it is not on the PATH
 * @property {string[]} apt the Debian packages that bring it
 * @property {string} elsewhere how to get it on other systems
 * @property {() => string | undefined} [find] how to find what is not a program
 */

/** @type {Service[]} */
export const services = [
  {
    name: 'chromium',
    what: 'Chromium, for the tests in a real browser',
    commands: ['chromium', 'google-chrome', 'google-chrome-stable', 'chromium-browser'],
    places: [
      '/usr/lib/chromium/chromium',
      '/opt/google/chrome/chrome',
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
    ],
    apt: ['chromium'],
    elsewhere:
      'brew install --cask chromium, or https://www.chromium.org/getting-involved/download-chromium/',
  },
  {
    name: 'chinese_font',
    what: 'a font with Chinese, for the tests that look at Chinese pages',
    commands: [],
    places: [],
    apt: ['fontconfig', 'fonts-noto-cjk'],
    elsewhere: 'install Noto Sans CJK',
    find: findChineseFont,
  },
  mosquitto('mosquitto', 'the Mosquitto broker, for the tests on a stock broker', ['mosquitto']),
  mosquitto('mosquitto_pub', 'mosquitto_pub, for the tests with clients of others', ['mosquitto-clients']),
  mosquitto('mosquitto_sub', 'mosquitto_sub, for the tests with clients of others', ['mosquitto-clients']),
];

/**
 * @param {string} name
 * @param {string} what
 * @param {string[]} apt
 * @returns {Service}
 */
function mosquitto(name, what, apt) {
  const places = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/sbin', '/opt/homebrew/bin'].map((dir) =>
    join(dir, name),
  );
  return {
    name,
    what,
    commands: [name],
    places,
    apt,
    elsewhere: 'brew install mosquitto, or https://mosquitto.org/download/',
  };
}

/**
 * Finds each service, installs what is missing where that is possible (root on Debian or Ubuntu), and writes what was
 * found to node_modules/.skein/services.json, where tests look it up: `{ name: { path } | { missing: reason } }`.
 * What stays missing is said loudly; under CI=true it is an error, because a test that does not run shows nothing.
 * @param {string} root the repository
 */
export function setUpServices(root) {
  let missing = services.filter((service) => locate(service) === undefined);
  if (missing.length > 0 && canInstall()) {
    installWithApt(missing);
    missing = missing.filter((service) => locate(service) === undefined);
  }
  writeFound(root);
  for (const service of missing) {
    console.error(`setup: NOT FOUND: ${service.what}. Its tests will not run. ${advice(service)}`);
  }
  if (missing.length > 0 && process.env.CI === 'true') {
    throw new Error(
      `with CI=true every test must run, and ${missing.map((service) => service.name).join(', ')} is missing`,
    );
  }
}

/**
 * Where a service is: an override such as SKEIN_CHROMIUM, else the PATH, else the usual places.
 * @param {Service} service
 * @param {Record<string, string | undefined>} env
 * @returns {string | undefined}
 */
export function locate(service, env = process.env) {
  const override = env[overrideOf(service)];
  if (override !== undefined) {
    if (isExecutable(override)) return override;
    throw new Error(`${overrideOf(service)} is ${override}, and no program is there: correct it or unset it`);
  }
  if (service.find) return service.find();
  const onPath = (env.PATH ?? '').split(delimiter).filter((dir) => dir !== '');
  const candidates = service.commands.flatMap((command) => onPath.map((dir) => join(dir, command)));
  return [...candidates, ...service.places].find(isExecutable);
}

function findChineseFont() {
  // Only Linux comes without one.
  if (process.platform !== 'linux') return 'part of the system';
  const list = spawnSync('fc-list', ['--format', '%{file}\n', ':lang=zh'], { encoding: 'utf8' });
  return list.stdout?.split('\n')[0] || undefined;
}

/** @param {Service} service */
function overrideOf(service) {
  return `SKEIN_${service.name.toUpperCase()}`;
}

/** @param {Service} service */
function advice(service) {
  return `Get it: apt-get install ${service.apt.join(' ')}; or ${service.elsewhere}; or set ${overrideOf(service)} to its path.`;
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function canInstall() {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get');
}

/** @param {Service[]} missing */
function installWithApt(missing) {
  const packages = [...new Set(missing.flatMap((service) => service.apt))];
  console.error(`setup: installing ${packages.join(', ')} with apt-get`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
    const run = spawnSync('apt-get', ['-q', ...args], {
      stdio: ['ignore', 2, 2],
      env,
    });
    if (run.status !== 0) {
      console.error(`setup: apt-get ${args[0]} failed (its reason is above)`);
      return;
    }
  }
}

/** @param {string} root */
function writeFound(root) {
  /** @type {Record<string, { path: string } | { missing: string }>} */
  const found = {};
  for (const service of services) {
    const path = locate(service);
    found[service.name] =
      path === undefined ? { missing: `${service.what}, is not installed. ${advice(service)}` } : { path };
  }
  const dir = join(root, 'node_modules/.skein');
  const file = join(dir, 'services.json');
  const text = `${JSON.stringify(found, null, 2)}\n`;
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  mkdirSync(dir, { recursive: true });
  writeFileSync(file, text);
}
