import type { ConnectPacket } from '../codec/connect.ts';
import type { ProtocolVersion } from '../codec/packet.ts';
import { PacketReader } from '../codec/reader.ts';
import { PacketWriter } from '../codec/writer.ts';
import { MqttError, protocolError } from '../error.ts';
import type { Millis } from '../millis.ts';
import { ReasonCode } from '../reason-codes.ts';
import { Fifo } from '../session/fifo.ts';
import type { Inflight } from '../session/send-window.ts';
import { Exchange } from './exchange.ts';
import { writeDisconnect, writeRefusal } from './farewell.ts';
import { connack, keepAliveS, refusalOf } from './handshake.ts';
import type {
  AcceptInput,
  CloseCause,
  ServerConnectionOptions,
  ServerEffect,
  ServerInput,
} from './surface.ts';

/** The largest packet of the format: fixed header of five bytes, Remaining Length of four (2.1.4). */
const LARGEST_PACKET = 268_435_460;
/** Bytes that may be held before a CONNECT is accepted: one read of a socket. */
const MAX_HELD_UNACCEPTED = 65_536;
/** Bytes beside the packet at hand that may be held once it is: a few reads, as a shell needs to heed `paused`. */
const MAX_HELD = 262_144;
/** The server waits for one and a half keep-alives [MQTT-3.1.2-22]. */
const KEEP_ALIVE_GRACE = 1.5;

type State =
  | { readonly name: 'awaiting-connect' }
  | { readonly name: 'deciding'; readonly connect: ConnectPacket }
  | { readonly name: 'open'; readonly exchange: Exchange; readonly silenceMs: Millis }
  | { readonly name: 'closed' };

interface Ending {
  readonly reasonCode: number;
  readonly reason?: string;
  readonly sessionExpiryS?: number;
}

/** The server's side of one network connection, for MQTT 3.1.1 and 5. Inputs and the time go in; effects, output and a deadline come out. */
export class ServerConnection {
  readonly #options: ServerConnectionOptions;
  readonly #reader: PacketReader;
  readonly #writer: PacketWriter;
  readonly #effects = new Fifo<ServerEffect>();
  #state: State = { name: 'awaiting-connect' };
  /** When the connection opened, then when its last packet came. */
  #heardAt: Millis;
  #peerMaxPacketSize = LARGEST_PACKET;
  /** Kept when the connection closes, since the session's state is asked for after it. */
  #lastExchange: Exchange | undefined;

  constructor(options: ServerConnectionOptions, now: Millis) {
    this.#options = options;
    this.#reader = new PacketReader({ role: 'server', maxPacketSize: options.maxConnectSize });
    this.#writer = new PacketWriter(options.slabPool);
    this.#heardAt = now;
  }

  /** Undefined until the CONNECT is read. */
  get version(): ProtocolVersion | undefined {
    return this.#reader.version;
  }

  /** Deliveries with QoS 1 and 2 that may be made now; 0 unless accepted. */
  get credit(): number {
    return this.#state.name === 'open' ? this.#state.exchange.sending.credit : 0;
  }

  /** In bytes, the whole packet. */
  get peerMaxPacketSize(): number {
    return this.#peerMaxPacketSize;
  }

  /**
   * While true, what comes is held and soon too much of it closes the connection: stop reading from the transport.
   * Between CONNECT and `accept`, and for 3.1.1, which has no Receive Maximum, while too many publishes are unacknowledged.
   */
  get paused(): boolean {
    return this.#isHolding() && this.#reader.buffered > 0;
  }

  /** Deliveries not yet acknowledged, in sending order: session state, to be sent again when the session is resumed. */
  inflight(): Inflight<unknown>[] {
    return this.#lastExchange?.sending.inflight() ?? [];
  }

  /** Packet ids of QoS 2 that were received and not yet released: session state. */
  received(): number[] {
    return this.#lastExchange?.receiving.received() ?? [];
  }

  nextEffect(): ServerEffect | undefined {
    return this.#effects.shift();
  }

  /** All bytes to write since the last call, if any. */
  takeOutput(): Uint8Array | undefined {
    return this.#writer.take();
  }

  /** When to send a tick at the latest, if at all. */
  deadline(): Millis | undefined {
    switch (this.#state.name) {
      case 'awaiting-connect':
        return this.#heardAt + this.#options.connectTimeoutMs;
      case 'open':
        // While input is held it is we who are silent.
        return this.#state.silenceMs === 0 || this.#isHolding()
          ? undefined
          : this.#heardAt + this.#state.silenceMs;
      case 'deciding':
      case 'closed':
        return undefined;
      default:
        return this.#state satisfies never;
    }
  }

  /** The only way in. Once closed, every input is passed over. Throws `MqttError` only for what cannot be encoded. */
  handle(input: ServerInput, now: Millis): void {
    if (this.#state.name === 'closed') return;
    try {
      this.#handle(input, now);
    } catch (error) {
      if (!(error instanceof MqttError) || error.code === 'not-encodable') throw error;
      this.#breach(error);
    }
  }

  #handle(input: ServerInput, now: Millis): void {
    switch (input.type) {
      case 'bytes':
        this.#reader.push(input.chunk);
        this.#read(now);
        break;
      case 'acknowledge':
        this.#settle(input, now);
        break;
      case 'deliver':
        this.#open(input.type).deliver(input);
        break;
      case 'subscribed':
        this.#open(input.type).send({
          type: 'suback',
          packetId: input.packetId,
          reasonCodes: input.reasonCodes,
        });
        break;
      case 'unsubscribed':
        this.#open(input.type).send({
          type: 'unsuback',
          packetId: input.packetId,
          reasonCodes: input.reasonCodes,
        });
        break;
      case 'release':
        this.#open(input.type).release(input.packetId, input.token);
        break;
      case 'tick':
        this.#tick(now);
        break;
      case 'accept':
        this.#accept(input, now);
        break;
      case 'refuse':
        this.#refuse('server', input);
        break;
      case 'disconnect':
        this.#disconnect('server', input);
        break;
      case 'closed':
        this.#close('transport', { reasonCode: ReasonCode.unspecifiedError });
        break;
      default:
        input satisfies never;
    }
  }

  #open(input: ServerInput['type']): Exchange {
    if (this.#state.name !== 'open')
      throw new Error(`"${input}" before "accept"; accept the connection first`);
    return this.#state.exchange;
  }

  #isHolding(): boolean {
    switch (this.#state.name) {
      case 'awaiting-connect':
      case 'closed':
        return false;
      case 'deciding':
        return true;
      case 'open':
        return this.#state.exchange.connect.version === 4 && this.#state.exchange.receiving.isFull;
      default:
        return this.#state satisfies never;
    }
  }

  #read(now: Millis): void {
    while (!this.#isHolding()) {
      const packet = this.#reader.next();
      if (packet === undefined) return;
      this.#heardAt = now;
      if (this.#state.name === 'open') {
        const farewell = this.#state.exchange.handle(packet);
        if (farewell !== undefined) {
          this.#close('client', farewell);
          return;
        }
      } else if (packet.type === 'connect') {
        if (!this.#meet(packet)) return;
      } else {
        protocolError('the first packet is not CONNECT [MQTT-3.1.0-1]');
      }
    }
    this.#checkHeld();
  }

  #checkHeld(): void {
    const most = this.#state.name === 'open' ? this.#options.maxPacketSize + MAX_HELD : MAX_HELD_UNACCEPTED;
    if (this.#reader.buffered > most) {
      throw new MqttError(
        'quota-exceeded',
        'more was sent than is held for a client that does not wait for answers',
      );
    }
  }

  /** Whether the CONNECT is handed on. */
  #meet(connect: ConnectPacket): boolean {
    this.#state = { name: 'deciding', connect };
    this.#reader.maxPacketSize = this.#options.maxPacketSize;
    if (connect.maximumPacketSize !== undefined) {
      this.#peerMaxPacketSize = connect.maximumPacketSize;
      this.#writer.maxPacketSize = connect.maximumPacketSize;
    }
    const refusal = refusalOf(connect);
    if (refusal !== undefined) {
      this.#refuse('protocol', refusal);
      return false;
    }
    this.#effects.push({ type: 'connect', packet: connect });
    return true;
  }

  #accept(input: AcceptInput, now: Millis): void {
    if (this.#state.name !== 'deciding') throw new Error('"accept" without a "connect" to answer');
    const { connect } = this.#state;
    const exchange = new Exchange(this.#options, connect, input, this.#writer, this.#effects);
    const silenceMs = keepAliveS(connect, this.#options.maxKeepAliveS) * 1000 * KEEP_ALIVE_GRACE;
    this.#state = { name: 'open', exchange, silenceMs };
    this.#lastExchange = exchange;
    this.#heardAt = now;
    exchange.send(connack(this.#options, connect, input));
    this.#read(now);
  }

  #settle(input: Extract<ServerInput, { type: 'acknowledge' }>, now: Millis): void {
    const exchange = this.#open(input.type);
    const held = this.#isHolding();
    exchange.settle(input);
    if (!held || this.#isHolding()) return;
    this.#heardAt = now;
    this.#read(now);
  }

  #tick(now: Millis): void {
    const deadline = this.deadline();
    if (deadline === undefined || now < deadline) return;
    const reasonCode = ReasonCode.keepAliveTimeout;
    if (this.#state.name === 'open')
      this.#disconnect('keepalive', { reasonCode, reason: 'nothing came in time' });
    else this.#close('timeout', { reasonCode, reason: 'no CONNECT in time' });
  }

  #breach(error: MqttError): void {
    const { reasonCode, message: reason } = error;
    if (this.#state.name === 'open') {
      this.#disconnect('protocol', { reasonCode, reason });
      return;
    }
    // Of all packets a CONNACK of 3.1.1 is the one that every older client understands [MQTT-3.1.2-2].
    if (error.code === 'unsupported-version') writeRefusal(this.#writer, 4, reasonCode);
    this.#close('protocol', { reasonCode, reason });
  }

  #refuse(cause: CloseCause, { reasonCode, reason }: Ending): void {
    if (this.#state.name !== 'deciding') {
      throw new Error('"refuse" without a "connect" to answer; use "disconnect"');
    }
    writeRefusal(this.#writer, this.#state.connect.version, reasonCode, reason);
    this.#close(cause, { reasonCode, ...(reason !== undefined && { reason }) });
  }

  /** Ends a connection, in MQTT 5 and if it was accepted with a word about it. */
  #disconnect(cause: CloseCause, { reasonCode, reason }: Ending): void {
    if (this.#state.name === 'open' && this.version === 5) writeDisconnect(this.#writer, reasonCode, reason);
    this.#close(cause, { reasonCode, ...(reason !== undefined && { reason }) });
  }

  #close(cause: CloseCause, { reasonCode, reason, sessionExpiryS }: Ending): void {
    const { exchange } = this.#state.name === 'open' ? this.#state : { exchange: undefined };
    // Only a normal DISCONNECT of the client takes the will back [MQTT-3.14.4-3].
    const withdrawn = cause === 'client' && reasonCode === ReasonCode.success;
    this.#state = { name: 'closed' };
    this.#effects.push({
      type: 'close',
      cause,
      publishWill: exchange?.connect.will !== undefined && !withdrawn,
      reasonCode,
      ...(reason !== undefined && { reason }),
      ...(sessionExpiryS !== undefined && { sessionExpiryS }),
    });
  }
}
