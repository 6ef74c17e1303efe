import { bytes, prefixed, publish, subscribe } from './mqtt-bytes.ts';
import { type MqttCase, mqttCases } from './mqtt-case.ts';
import { mallory, marker, victim } from './stage.ts';

const notAuthorized = 0x87;
const payload = new TextEncoder().encode(marker);

/** None of them may be published to. */
const topics = [
  `skein/v1/${victim}/out/message`,
  `skein/v1/${victim}/in/message`,
  `skein/v1/${mallory}/in/message`,
  `skein/v1/${mallory}/out/unknown`,
  `skein/v1/0${mallory}/out/message`,
  `skein/v1/${mallory}/out/message/`,
  `SKEIN/v1/${mallory}/out/message`,
  '$SYS/broker',
  'anything',
];

/** None of them may be subscribed to. */
const filters = [
  `skein/v1/${victim}/in/message`,
  `skein/v1/${victim}/in/#`,
  'skein/v1/+/in/message',
  'skein/v1/+/in/#',
  'skein/v1/#',
  '#',
  '+/+/+/+/+',
  `skein/v1/${mallory}/#`,
  `skein/v1/${mallory}/out/message`,
  `skein/v1/${mallory}/in/../../${victim}/in/message`,
  '$SYS/#',
];

const manyUserProperties = bytes(
  ...Array.from({ length: 1_000 }, () => bytes(0x26, prefixed('k'), prefixed('v'))),
);

const table: MqttCase[] = [
  ...topics.map((topic) => ({
    name: `PUBLISH to ${topic}`,
    says: (version: 4 | 5) => publish({ version, topic, payload }),
    gets: { puback: notAuthorized },
    gets4: { puback: 0 },
  })),
  ...filters.map((filter) => ({
    name: `SUBSCRIBE to ${filter}`,
    says: (version: 4 | 5) => subscribe(version, filter),
    gets: { suback: notAuthorized },
    gets4: { suback: 0x80 },
  })),
  {
    name: 'a thousand user properties',
    says: (version) => publish({ version, topic: topics[0]!, payload, properties: manyUserProperties }),
    gets: { puback: notAuthorized },
    only: 5,
  },
];

/** A1: topics of others. */
export const mqttRights = mqttCases(table);
