import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { whatIsStale } from './packages.mjs';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'skein-setup-'));
  mkdirSync(join(root, 'node_modules'));
});
afterEach(() => rmSync(root, { recursive: true }));

const locked = (packages: object) =>
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }));
const installed = (packages: object) =>
  writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages }));

describe('installed packages', () => {
  it('are stale when nothing was installed, or an install was broken off before npm wrote its record', () => {
    locked({});
    expect(whatIsStale(root)).toMatch('no packages are installed');
  });

  it('are fresh when they are the locked ones, the workspace folders aside', () => {
    locked({ '': {}, 'packages/chat': { version: '0.1.0' }, 'node_modules/ws': { version: '8.0.0' } });
    installed({ 'node_modules/ws': { version: '8.0.0' } });
    expect(whatIsStale(root)).toBeUndefined();
  });

  it('are stale when one is missing, unless it is optional', () => {
    locked({ 'node_modules/ws': { version: '8.0.0' } });
    installed({});
    expect(whatIsStale(root)).toMatch('node_modules/ws is missing');
    locked({ 'node_modules/other-platform': { version: '8.0.0', optional: true } });
    expect(whatIsStale(root)).toBeUndefined();
  });

  it('are stale when one is another version', () => {
    locked({ 'node_modules/ws': { version: '8.0.1' } });
    installed({ 'node_modules/ws': { version: '8.0.0' } });
    expect(whatIsStale(root)).toMatch('another version');
  });
});
