/** One face for the MQTT clients that others wrote, so that one test asks the same of each of them. */

export type Qos = 0 | 1 | 2;

export interface Subscription {
  readonly filter: string;
  readonly qos: Qos;
}

export interface ConnectOptions {
  readonly port: number;
  /** Of the WebSocket; default `/mqtt`. */
  readonly path?: string;
  /** The user name. */
  readonly user: string;
  readonly token: string;
  readonly clientId: string;
  readonly subscribe?: readonly Subscription[];
  /** The session outlives the connection: Clean Session 0, or a Session Expiry Interval. */
  readonly keep?: boolean;
  readonly keepAliveS?: number;
  readonly will?: { readonly topic: string; readonly payload: Uint8Array; readonly qos: Qos };
}

/** A publish that came. */
export interface Arrived {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly dup: boolean;
  /** Where the client shows it. */
  readonly packetId?: number | undefined;
}

/** What the client tells of PUBACK, or of PUBREC; empty where it shows nothing of it. */
export interface PublishAnswer {
  readonly reasonCode?: number;
  readonly userProperties?: Readonly<Record<string, string>>;
}

/** How a connection that was accepted ended without the client having asked for it. */
export interface Ending {
  /** Of MQTT 5's DISCONNECT, where the client shows it. */
  readonly reasonCode?: number | undefined;
}

export interface Client {
  /** The codes of SUBACK, in the order of the subscriptions. */
  readonly granted: readonly number[];
  readonly arrived: readonly Arrived[];
  readonly ended: Ending | undefined;
  /** Calls back after anything of the above changed; answers how to stop. For `until`. */
  readonly changes: (look: () => void) => () => void;
  /** Resolves when the last packet of its quality of service has come back. */
  publish(topic: string, payload: Uint8Array, qos: Qos): Promise<PublishAnswer>;
  /** Says goodbye, and waits for the end. */
  end(): Promise<void>;
}

/** CONNACK said no. */
export class ConnectRefused extends Error {
  override readonly name = 'ConnectRefused';
  /** A reason code in MQTT 5, a return code in 3.1.1. */
  readonly code: number;

  constructor(code: number) {
    super(`CONNACK with code ${code}`);
    this.code = code;
  }
}

/** A client, in one protocol version, over one transport. */
export interface ClientKind {
  readonly client: 'Paho' | 'Paho in Chromium' | 'MQTT.js' | 'mosquitto';
  readonly version: '3.1.1' | '5';
  readonly transport: 'WebSocket' | 'TCP';
  /** @throws {ConnectRefused} */
  connect(options: ConnectOptions): Promise<Client>;
}

/** Gathers what happens to a client, and tells those who wait. */
export class Happenings {
  readonly arrived: Arrived[] = [];
  #ended: Ending | undefined;
  readonly #lookers = new Set<() => void>();

  get ended(): Ending | undefined {
    return this.#ended;
  }

  arrive(publish: Arrived): void {
    this.arrived.push(publish);
    this.changed();
  }

  end(ending: Ending): void {
    this.#ended ??= ending;
    this.changed();
  }

  changed(): void {
    for (const look of this.#lookers) look();
  }

  readonly changes = (look: () => void) => {
    this.#lookers.add(look);
    return () => {
      this.#lookers.delete(look);
    };
  };
}
