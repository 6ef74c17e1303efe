import { describe, expect, it } from 'vitest';
import { Child } from './child.ts';

const node = (script: string, ready = /ready (\d+)/, readyWithinMs = 15_000) =>
  Child.start(process.execPath, ['-e', script], (output) => output.match(ready)?.[1], { readyWithinMs });

describe('a child process', () => {
  it('is ready when its output says so, and ends when told', async () => {
    const { child, answer } = await node("console.log('ready 7'); setInterval(() => {}, 1000)");
    expect(answer).toBe('7');
    expect(child.ended).toBe(false);
    await child.end();
    expect(child.ended).toBe(true);
  });

  it('can be killed', async () => {
    const { child } = await node(
      "process.on('SIGTERM', () => {}); console.log('ready 7'); setInterval(() => {}, 1000)",
    );
    expect(await child.end('SIGKILL')).toBeNull();
  });

  it('that ends too early fails with its own words', async () => {
    await expect(node("console.error('port taken'); process.exit(2)")).rejects.toThrow('port taken');
  });

  it('that does not become ready is not left behind', async () => {
    await expect(
      node("console.log('still busy'); setInterval(() => {}, 1000)", /ready (\d+)/, 300),
    ).rejects.toThrow(/in vain/);
  });

  it('that cannot be started fails', async () => {
    await expect(Child.start('/no/such/program', [], () => undefined)).rejects.toThrow('ENOENT');
  });
});
