import type Paho from 'paho-mqtt';

/** What the code beside Paho is asked for; plain values, since in Chromium they travel to a page. */
export interface PahoOptions {
  readonly port: number;
  readonly path: string;
  readonly clientId: string;
  readonly user: string;
  readonly token: string;
  readonly cleanSession: boolean;
  readonly keepAliveS: number;
  readonly will?: { readonly topic: string; readonly payload: readonly number[]; readonly qos: 0 | 1 | 2 };
}

export type PahoReport =
  | { readonly type: 'connected' }
  | { readonly type: 'refused'; readonly text: string }
  | { readonly type: 'granted'; readonly code: number }
  | {
      readonly type: 'arrived';
      readonly topic: string;
      readonly payload: readonly number[];
      readonly qos: 0 | 1 | 2;
      readonly dup: boolean;
    }
  | { readonly type: 'delivered'; readonly ticket: number }
  | { readonly type: 'lost'; readonly errorCode: number };

export interface PahoControl {
  subscribe(filter: string, qos: 0 | 1 | 2): void;
  publish(topic: string, payload: readonly number[], qos: 0 | 1 | 2, ticket: number): void;
  disconnect(): void;
}

/**
 * A page's code around Paho. It runs in Node and, sent there as text, in Chromium; so it uses nothing but its
 * arguments.
 */
export function aroundPaho(
  paho: typeof Paho,
  options: PahoOptions,
  report: (event: PahoReport) => void,
): PahoControl {
  const client = new paho.Client('127.0.0.1', options.port, options.path, options.clientId);
  const tickets = new Map<Paho.Message, number>();
  const message = (topic: string, payload: readonly number[], qos: 0 | 1 | 2) => {
    const made = new paho.Message(Uint8Array.from(payload));
    made.destinationName = topic;
    made.qos = qos;
    return made;
  };
  client.onMessageArrived = ({ destinationName, payloadBytes, qos, duplicate }) =>
    report({
      type: 'arrived',
      topic: destinationName,
      payload: Array.from(payloadBytes as Uint8Array),
      qos,
      dup: duplicate,
    });
  client.onMessageDelivered = (sent) => {
    // Paho calls what this returns, if it is anything.
    report({ type: 'delivered', ticket: tickets.get(sent) ?? 0 });
  };
  client.onConnectionLost = ({ errorCode }) => report({ type: 'lost', errorCode });
  client.connect({
    userName: options.user,
    password: options.token,
    cleanSession: options.cleanSession,
    keepAliveInterval: options.keepAliveS,
    mqttVersion: 4,
    ...(options.will && {
      willMessage: message(options.will.topic, options.will.payload, options.will.qos),
    }),
    onSuccess: () => report({ type: 'connected' }),
    onFailure: ({ errorMessage }) => report({ type: 'refused', text: errorMessage }),
  });
  return {
    subscribe(filter, qos) {
      client.subscribe(filter, {
        qos,
        onSuccess: ({ grantedQos }) => report({ type: 'granted', code: Number(grantedQos) }),
        onFailure: ({ errorCode }) => report({ type: 'granted', code: Number(errorCode) }),
      });
    },
    publish(topic, payload, qos, ticket) {
      const sent = message(topic, payload, qos);
      tickets.set(sent, ticket);
      client.send(sent);
    },
    disconnect: () => client.disconnect(),
  };
}
