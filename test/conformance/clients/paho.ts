import { until } from '@skein/testkit';
import Paho from 'paho-mqtt';
import { type Client, type ClientKind, type ConnectOptions, ConnectRefused, Happenings } from './client.ts';
import { aroundPaho, type PahoControl, type PahoOptions, type PahoReport } from './paho-page.ts';

/** Starts the page's code somewhere. */
export type PahoPlace = (
  options: PahoOptions,
  report: (event: PahoReport) => void,
) => Promise<PahoControl & { close(): Promise<void> }>;

/** Paho's JavaScript client, as it is published; Node has the globals of a browser that it needs. */
export const paho: ClientKind = {
  client: 'Paho',
  version: '3.1.1',
  transport: 'WebSocket',
  connect: (options) =>
    connectPaho(options, async (settings, report) => ({
      ...aroundPaho(Paho, settings, report),
      close: async () => {},
    })),
};

/** Connects Paho, wherever it runs. */
export async function connectPaho(options: ConnectOptions, place: PahoPlace): Promise<Client> {
  const happenings = new Happenings();
  const { changes } = happenings;
  const granted: number[] = [];
  const delivered = new Set<number>();
  let gone = false;
  let outcome: { refused?: string } | undefined;
  const report = (event: PahoReport) => {
    switch (event.type) {
      case 'connected':
        outcome = {};
        break;
      case 'refused':
        outcome = { refused: event.text };
        break;
      case 'granted':
        granted.push(event.code);
        break;
      case 'arrived':
        happenings.arrive({ ...event, payload: Uint8Array.from(event.payload) });
        break;
      case 'delivered':
        delivered.add(event.ticket);
        break;
      case 'lost':
        gone = true;
        // 0: the client itself said goodbye.
        if (event.errorCode !== 0) happenings.end({});
        break;
      default:
        event satisfies never;
    }
    happenings.changed();
  };
  const control = await place(settings(options), report);
  const { refused } = await until(() => outcome, { changes, what: 'the CONNACK of Paho' });
  if (refused !== undefined) {
    await control.close();
    throw new ConnectRefused(Number(/return code:(\d+)/.exec(refused)?.[1] ?? Number.NaN));
  }
  for (const [index, { filter, qos }] of (options.subscribe ?? []).entries()) {
    control.subscribe(filter, qos);
    await until(() => granted.length > index, { changes, what: `the SUBACK of ${filter}` });
  }
  let tickets = 0;
  return {
    granted,
    arrived: happenings.arrived,
    changes,
    get ended() {
      return happenings.ended;
    },
    async publish(topic, payload, qos) {
      tickets += 1;
      const ticket = tickets;
      control.publish(topic, Array.from(payload), qos, ticket);
      await until(() => delivered.has(ticket), { changes, what: 'onMessageDelivered of Paho' });
      return {};
    },
    async end() {
      if (gone) return;
      control.disconnect();
      await until(() => gone, { changes, what: 'the goodbye of Paho' });
      await control.close();
    },
  };
}

function settings({
  port,
  path = '/mqtt',
  keep,
  keepAliveS = 30,
  will,
  ...rest
}: ConnectOptions): PahoOptions {
  const { clientId, user, token } = rest;
  return {
    port,
    path,
    clientId,
    user,
    token,
    cleanSession: !keep,
    keepAliveS,
    ...(will && { will: { ...will, payload: Array.from(will.payload) } }),
  };
}
