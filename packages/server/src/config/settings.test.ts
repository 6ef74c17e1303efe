import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SetupProblem } from './problem.ts';
import { readSettings, unknownVariables } from './read-settings.ts';
import { allSettings } from './settings.ts';
import { settingsManual } from './settings-manual.ts';

let dir: string;
let file: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'skein-settings-'));
  file = join(dir, 'skein.json');
});

afterEach(() => {
  rmSync(dir, { recursive: true });
});

function read(
  flags: Record<string, string>,
  variables: Record<string, string> = {},
  json?: unknown,
  fallbacks: Record<string, unknown> = {},
) {
  if (json !== undefined) writeFileSync(file, typeof json === 'string' ? json : JSON.stringify(json));
  const path = json === undefined ? undefined : file;
  return readSettings({ flags: new Map(Object.entries(flags)), variables, file: path, fallbacks });
}

describe('where a setting comes from', () => {
  test('a flag wins over a variable, that over the file, that over the default', () => {
    const inFile = { port: 3, host: 'c', mqttPort: 3, limits: { sendsPer10s: 3 } };
    const settings = read(
      { port: '1' },
      { SKEIN_PORT: '2', SKEIN_HOST: 'b', SKEIN_LIMITS_SENDS_PER_10S: '' },
      inFile,
      { host: 'd', data: 'e' },
    );
    expect(settings).toMatchObject({ port: 1, host: 'b', mqttPort: 3, dataDir: 'e', direct: 'everyone' });
    expect(settings.limits.sendsPer10s).toBe(3);
  });

  test('each has a variable named after its path', () => {
    const variables = Object.fromEntries(allSettings.map(({ path, variable }) => [path, variable]));
    expect(variables).toMatchObject({
      'limits.sendsPer10s': 'SKEIN_LIMITS_SENDS_PER_10S',
      origins: 'SKEIN_ORIGINS',
      secret: 'SKEIN_SECRET',
      data: 'SKEIN_DATA',
      mqttPort: 'SKEIN_MQTT_PORT',
      'amend.recallWithinMs': 'SKEIN_AMEND_RECALL_WITHIN_MS',
    });
  });

  test('origins are a list in a file and separated by commas elsewhere', () => {
    const origins = ['https://shop.example', 'http://localhost:5173'];
    expect(read({}, {}, { origins }).origins).toEqual(origins);
    expect(read({}, { SKEIN_ORIGINS: origins.join(', ') }).origins).toEqual(origins);
  });

  test('sends per 10 s can be turned off', () => {
    expect(read({}, { SKEIN_LIMITS_SENDS_PER_10S: '0' }).limits.sendsPer10s).toBe(0);
  });

  test('a variable that is no setting is named, with what may have been meant', () => {
    const variables = { SKEIN_ORIGIN: 'x', SKEIN_CONFIG: 'x', SKEIN_PORT: '1', PATH: 'x' };
    expect(unknownVariables(variables)).toEqual([
      'SKEIN_ORIGIN is no setting and is ignored: did you mean SKEIN_ORIGINS?',
    ]);
  });
});

describe('what is wrong is one line that says where and what is expected', () => {
  const wrong: [string, () => unknown, RegExp][] = [
    ['port', () => read({ port: 'http' }), /^--port is "http": it expects a whole number from 0 to 65535$/],
    ['port of Kubernetes', () => read({}, { SKEIN_PORT: 'tcp://10.0.0.1:7080' }), /^SKEIN_PORT is "tcp:/],
    ['port over 65535', () => read({ port: '65536' }), /65535/],
    ['negative port', () => read({ port: '-1' }), /65535/],
    ['port with an exponent', () => read({ port: '7e3' }), /65535/],
    ['half a port in a file', () => read({}, {}, { port: 1.5 }), /^port in .*skein\.json is 1\.5/],
    ['null in a file', () => read({}, {}, { port: null }), /^port in .*skein\.json is null/],
    ['log', () => read({ log: 'xml' }), /text or json or off/],
    ['origin with a path', () => read({ origins: 'https://shop.example/' }), /origins such as/],
    ['any origin', () => read({ origins: '*' }), /origins such as/],
    ['address of keys', () => read({ 'jwks-url': 'file:///etc/passwd' }), /http:\/\/ or https:\/\//],
    ['content over a packet', () => read({ 'limits-content-bytes': '1000000' }), /^--limits-content-bytes/],
    [
      'unknown name in a file',
      () => read({}, {}, { prot: 1 }),
      /unknown setting prot in .*did you mean port\?$/,
    ],
    [
      'a part of the design that is to come',
      () => read({}, {}, { broker: 'mqtt://host' }),
      /unknown setting broker in/,
    ],
    [
      'secret that is no text',
      () => read({}, {}, { secret: 1234 }),
      /^secret in \S+ has a wrong value: it expects a text$/,
    ],
    ['unknown limit in a file', () => read({}, {}, { limits: { x: 1 } }), /unknown setting limits\.x in/],
    ['prototype in a file', () => read({}, {}, '{"__proto__":{"port":1}}'), /unknown setting __proto__/],
    ['file that is no JSON', () => read({}, {}, '{port: 1}'), /is not JSON/],
    ['file that is no object', () => read({}, {}, [1]), /does not hold a JSON object/],
    [
      'missing file',
      () => readSettings({ flags: new Map(), variables: {}, file: '/nowhere/skein.json' }),
      /cannot read the configuration file \/nowhere\/skein\.json \(ENOENT\)/,
    ],
  ];
  test.each(wrong)('%s', (_what, attempt, message) => {
    expect(attempt).toThrow(SetupProblem);
    expect(attempt).toThrow(message);
    expect(attempt).not.toThrow(/\n/);
  });

  test('a password in a setting is not shown', () => {
    expect(() => read({ store: 'postgres://u:pw@host/db' })).not.toThrow(/pw/);
  });
});

test("the manual's table of settings is that of the code", () => {
  const manual = readFileSync(new URL('../../../../docs/operations.md', import.meta.url), 'utf8');
  expect(manual).toContain(settingsManual());
});
