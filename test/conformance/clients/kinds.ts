import type { Browser } from 'playwright-core';
import type { ClientKind } from './client.ts';
import { mosquitto } from './mosquitto.ts';
import { mqttJs } from './mqttjs.ts';
import { paho } from './paho.ts';
import { pahoInChromium } from './paho-in-chromium.ts';

/** Client x version x transport: every combination that there is. mosquitto's clients have no WebSocket. */
export function allKinds(browser: () => Browser): readonly ClientKind[] {
  return [
    paho,
    pahoInChromium(browser),
    mqttJs('3.1.1', 'WebSocket'),
    mqttJs('3.1.1', 'TCP'),
    mqttJs('5', 'WebSocket'),
    mqttJs('5', 'TCP'),
    mosquitto('3.1.1'),
    mosquitto('5'),
  ];
}
