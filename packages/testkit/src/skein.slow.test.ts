import { expect, it } from 'vitest';
import { startSkein } from './skein.ts';

const ready = async (url: string) => (await fetch(`${url}/readyz`)).status;

it('the real server starts, is killed, and comes back on its ports and its data', async () => {
  await using skein = await startSkein();
  expect(await ready(skein.url)).toBe(200);
  const { url, mqttPort, pid } = skein;
  expect(mqttPort).toBeGreaterThan(0);

  await skein.kill();
  await expect(ready(url)).rejects.toThrow();
  await skein.restart();
  expect(skein).toMatchObject({ url, mqttPort });
  expect(skein.pid).not.toBe(pid);
  expect(await ready(url)).toBe(200);
  expect(await skein.stop()).toBe(0);
});

it('a token of the testkit lets its user in', async () => {
  await using skein = await startSkein();
  const call = (token: string) =>
    fetch(`${skein.url}/skein.v1.ChatService/GetUnread`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{}',
    });
  expect((await call(skein.token('1001'))).status).toBe(200);
  expect((await call(skein.token('1001', 'customer', { ttlS: -60 }))).status).toBe(401);
});
