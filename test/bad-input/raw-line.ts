import { connect, type Socket } from 'node:net';
import { type Packet, PacketReader, type ProtocolVersion } from '@skein/mqtt';
import { until } from '@skein/testkit';

/** A TCP line on which any bytes can be said. */
export class RawLine {
  readonly #socket: Socket;
  #heard = Buffer.alloc(0);
  #ended = false;

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (chunk) => {
      this.#heard = Buffer.concat([this.#heard, chunk]);
    });
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      this.#ended = true;
    });
  }

  say(...bytes: Uint8Array[]): this {
    this.#socket.write(Buffer.concat(bytes));
    return this;
  }

  /** All that has come. */
  get heard(): Buffer {
    return this.#heard;
  }

  get text(): string {
    return this.#heard.toString('latin1');
  }

  /** What was heard up to here is done with. */
  forget(length: number): void {
    this.#heard = this.#heard.subarray(length);
  }

  /** Waits for the end of the line. */
  async end(timeoutMs = 10_000): Promise<void> {
    await until(() => this.#ended, { timeoutMs, what: () => `the end of the line; heard ${this.text}` });
  }

  /** The packets that have come. */
  packets(version: ProtocolVersion): Packet[] {
    const reader = new PacketReader({ role: 'client', version, maxPacketSize: 1 << 20 });
    reader.push(this.#heard);
    const packets: Packet[] = [];
    for (let packet = reader.next(); packet; packet = reader.next()) packets.push(packet);
    return packets;
  }

  /** Waits for a packet of a type. */
  async packet<T extends Packet['type']>(
    type: T,
    version: ProtocolVersion,
  ): Promise<Extract<Packet, { type: T }>> {
    const found = await until(() => this.packets(version).find((packet) => packet.type === type), {
      what: () =>
        `${type}; heard ${JSON.stringify(this.packets(version))}${this.#ended ? ' and the end' : ''}`,
    });
    return found as Extract<Packet, { type: T }>;
  }

  pause(): void {
    this.#socket.pause();
  }

  close(): void {
    this.#socket.destroy();
  }
}
