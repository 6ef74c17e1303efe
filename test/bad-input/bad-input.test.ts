import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { http } from './http.ts';
import { mqttBreaches } from './mqtt-breaches.ts';
import { mqttOpenings } from './mqtt-openings.ts';
import { mqttRights } from './mqtt-rights.ts';
import { payloads } from './payloads.ts';
import { refusals } from './refusals.ts';
import { Stage } from './stage.ts';
import { tokens } from './tokens.ts';
import { webSocket } from './websocket.ts';

const families = {
  'a beginning that is no CONNECT, or not a good one': mqttOpenings,
  'a breach of MQTT': mqttBreaches,
  'A1 what is not one’s own': mqttRights,
  'I2 a payload that is wrong, or only looks so': payloads,
  'I2 A1 A2 a send that is refused': refusals,
  'L2 a WebSocket that is none': webSocket,
  'A2 a call that is wrong': http,
  'A1 a token that opens nothing': tokens,
};
const mayGrowMiB = 25;

let stage: Stage;
let beforeMiB: number;
beforeAll(async () => {
  stage = await Stage.set();
  // What the program itself takes until it is warm is not the bad input's.
  for (let round = 0; round < 100; round += 1) await stage.isWell();
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
