import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { startMosquitto } from './mosquitto.ts';
import { pathOf, without } from './services.ts';

const run = promisify(execFile);

describe.skipIf(without('mosquitto', 'mosquitto_pub', 'mosquitto_sub'))('Mosquitto', () => {
  it('starts, relays, forgets when it is killed, and comes back on its port', async () => {
    await using broker = await startMosquitto({ config: ['max_queued_messages 1'] });
    await publishAndReceive(broker.port, 'before');
    await broker.kill();
    await broker.restart();
    await publishAndReceive(broker.port, 'after');
  });
});

/** A retained message waits for the subscriber, so nothing has to be waited for. */
async function publishAndReceive(port: number, text: string): Promise<void> {
  const place = ['-h', '127.0.0.1', '-p', String(port), '-t', 'a'];
  await run(pathOf('mosquitto_pub'), [...place, '-r', '-q', '1', '-m', text]);
  const { stdout } = await run(pathOf('mosquitto_sub'), [...place, '-C', '1', '-W', '10']);
  expect(stdout.trim()).toBe(text);
}
