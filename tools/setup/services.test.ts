import { describe, expect, it } from 'vitest';
import { locate, services } from './services.mjs';

const shell = {
  name: 'shell',
  what: '',
  commands: ['no-such-shell', 'sh'],
  places: [],
  apt: [],
  elsewhere: '',
};

describe('a service', () => {
  it('is found on the PATH under any of its names', () => {
    expect(locate(shell, { PATH: '/nowhere:/bin' })).toBe('/bin/sh');
  });

  it('is found in its usual places when the PATH does not have it', () => {
    expect(locate({ ...shell, places: ['/nowhere/sh', '/bin/sh'] }, { PATH: '' })).toBe('/bin/sh');
  });

  it('is not found when it is nowhere', () => {
    expect(locate({ ...shell, commands: ['no-such-shell'] }, { PATH: '/bin' })).toBeUndefined();
  });

  it('is taken from its override, which must be right', () => {
    expect(locate(shell, { PATH: '', SKEIN_SHELL: '/bin/sh' })).toBe('/bin/sh');
    expect(() => locate(shell, { PATH: '/bin', SKEIN_SHELL: '/nowhere/sh' })).toThrow(
      'SKEIN_SHELL is /nowhere/sh',
    );
  });

  it('can be installed on Debian, each of them', () => {
    for (const service of services) expect(service.apt, service.name).not.toHaveLength(0);
  });
});
