import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mqttBreaches } from './mqtt-breaches.ts';
import { mqttOpenings } from './mqtt-openings.ts';
import { mqttRights } from './mqtt-rights.ts';
import { payloads } from './payloads.ts';
import { Stage } from './stage.ts';

const families = {
  'a beginning that is no CONNECT, or not a good one': mqttOpenings,
  'a breach of MQTT': mqttBreaches,
  'A1 what is not one’s own': mqttRights,
  'I2 a payload that is wrong, or only looks so': payloads,
};
const mayGrowMiB = 25;

let stage: Stage;
let beforeMiB: number;
beforeAll(async () => {
  stage = await Stage.set();
  // What the program itself takes until it is warm is not the bad input's.
  for (let round = 0; round < 50; round += 1) await stage.isWell();
  beforeMiB = stage.residentMiB;
});
afterAll(() => stage[Symbol.asyncDispose]());

describe.each(Object.entries(families))('%s', (_family, cases) => {
  it.each(cases)('$name', async ({ run }) => {
    await run(stage);
    await stage.isWell();
  });
});

it(`L2 all of it together cost less than ${mayGrowMiB} MiB, and added nothing anywhere`, async () => {
  await stage.nothingWasAdded();
  const grewMiB = stage.residentMiB - beforeMiB;
  console.info(`the server grew by ${grewMiB.toFixed(1)} MiB`);
  expect(grewMiB).toBeLessThan(mayGrowMiB);
  expect(await stage.server.stop()).toBe(0);
});
