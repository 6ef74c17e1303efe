import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packetReadBy } from './codec/packet.arbitrary.ts';
import type { ProtocolVersion, Role } from './codec/packet.ts';
import { PacketReader } from './codec/reader.ts';
import { PacketWriter } from './codec/writer.ts';
import { MqttError } from './error.ts';
import { serverOptions } from './link.fixture.ts';
import { ServerConnection } from './server/connection.ts';
import type { ServerEffect } from './server/surface.ts';

/** `FUZZ_SEED=… npx vitest run --project real packages/mqtt` repeats a run. */
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 0x7fff_ffff);
const MAX_PACKET_SIZE = 4_096;

/** A small generator of random numbers; the seed decides everything. */
class Random {
  #state: number;

  constructor(start: number) {
    this.#state = start | 0;
  }

  /** 0 to below - 1. */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

function corpus(role: Role, version: ProtocolVersion): Uint8Array[] {
  return fc.sample(packetReadBy(role, version), { seed, numRuns: 1_000 }).map((packet) => {
    const writer = new PacketWriter();
    writer.write(packet, version);
    return writer.take()!;
  });
}

/** Values that parsers trip over. */
const NASTY = [0x00, 0x01, 0x7f, 0x80, 0xc0, 0xed, 0xfe, 0xff];

function mutate(frame: Uint8Array, random: Random): Uint8Array {
  const copy = frame.slice();
  for (let times = random.below(3); times >= 0; times--) {
    const at = random.below(copy.length);
    switch (random.below(6)) {
      case 0:
        copy[at]! ^= 1 << random.below(8);
        break;
      case 1:
        copy[at] = random.pick(NASTY);
        break;
      // A lie about the length, mostly a small one.
      case 2:
        copy[1]! += random.below(5) - 2;
        break;
      case 3:
        copy[1] = random.pick(NASTY);
        break;
      case 4:
        return copy.subarray(0, at);
      default:
        copy.copyWithin(at, random.below(copy.length));
    }
  }
  return copy;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function* chunks(bytes: Uint8Array, random: Random): Generator<Uint8Array> {
  const whole = random.below(2) === 0;
  for (let at = 0; at < bytes.length; ) {
    const end = whole ? bytes.length : at + 1 + random.below(40);
    yield bytes.subarray(at, end);
    at = end;
  }
}

for (const version of [4, 5] as const) {
  for (const role of ['client', 'server'] as const) {
    test(`a ${role}'s reader takes or refuses 225,000 frames, protocol level ${version} [FUZZ_SEED=${seed}]`, () => {
      const random = new Random(seed);
      const valid = corpus(role, version);
      let [packets, errors] = [0, 0];
      while (packets + errors < 225_000) {
        const reader = new PacketReader({
          role,
          version,
          maxPacketSize: MAX_PACKET_SIZE,
          puback64: random.below(2) === 0,
        });
        const frames = Array.from({ length: 4 }, () => {
          const frame = random.pick(valid);
          return random.below(2) === 0 ? mutate(frame, random) : frame;
        });
        const bytes = concatenate(frames);
        let given = 0;
        try {
          for (const chunk of chunks(bytes, random)) {
            reader.push(chunk);
            while (reader.next() !== undefined) given++;
            if (reader.buffered > MAX_PACKET_SIZE) throw new Error(`${reader.buffered} bytes are held`);
          }
        } catch (error) {
          if (!(error instanceof MqttError)) throw error;
          errors++;
        }
        // No packet has fewer than two bytes: more of them would come from nowhere.
        if (given > bytes.length / 2) throw new Error(`${given} packets came out of ${bytes.length} bytes`);
        packets += given;
      }
      expect(errors).toBeGreaterThan(20_000);
      expect(packets).toBeGreaterThan(20_000);
    });
  }

  test(`a server's connection answers 100,000 frames or closes, protocol level ${version} [FUZZ_SEED=${seed}]`, () => {
    const random = new Random(seed + 1);
    const valid = corpus('server', version);
    // Those that do not end a connection by themselves, so that most get far.
    const connects = valid.filter((frame) => frame[0] === 0x10 && !ends(frame));
    const harmless = valid.filter((frame) => frame[0] !== 0x10 && !ends(connects[0]!, frame));
    const closes = new Map<string, number>();
    let [sent, published] = [0, 0];
    while (sent < 100_000) {
      const connection = new ServerConnection(
        { ...serverOptions, maxPacketSize: MAX_PACKET_SIZE, receiveMaximum: 4 },
        0,
      );
      const shell = new Shell(connection, random);
      shell.bytes(random.below(8) === 0 ? mutate(random.pick(connects), random) : random.pick(connects));
      for (let i = 0; i < 20 && shell.closed === undefined; i++, sent++) {
        const frame = random.pick(harmless);
        for (const chunk of chunks(random.below(8) === 0 ? mutate(frame, random) : frame, random))
          shell.bytes(chunk);
      }
      shell.end();
      closes.set(shell.closed!, (closes.get(shell.closed!) ?? 0) + 1);
      published += shell.published;
    }
    expect(closes.get('protocol')).toBeGreaterThan(1_000);
    expect(closes.get('transport')).toBeGreaterThan(100);
    expect(published).toBeGreaterThan(1_000);
  });
}

function ends(...frames: readonly Uint8Array[]): boolean {
  const shell = new Shell(new ServerConnection(serverOptions, 0), new Random(0));
  for (const frame of frames) shell.bytes(frame);
  return shell.closed !== undefined;
}

/** A shell that answers everything, sometimes late and out of order. */
class Shell {
  closed: string | undefined;
  published = 0;
  readonly #connection: ServerConnection;
  readonly #random: Random;
  readonly #unsettled: number[] = [];
  #now = 0;

  constructor(connection: ServerConnection, random: Random) {
    this.#connection = connection;
    this.#random = random;
  }

  bytes(chunk: Uint8Array): void {
    this.#now += 1;
    this.#connection.handle({ type: 'bytes', chunk }, this.#now);
    this.#answer();
    if (this.#random.below(2) === 0) this.#settle();
    if (this.#connection.credit > 0 && this.#random.below(2) === 0) {
      const qos = this.#random.pick([0, 1, 2] as const);
      this.#connection.handle({ type: 'deliver', topic: 't', payload: chunk, qos }, this.#now);
      this.#answer();
    }
  }

  end(): void {
    while (this.#unsettled.length > 0 && this.closed === undefined) this.#settle();
    this.#connection.handle({ type: 'closed' }, this.#now);
    this.#answer();
    expect(this.closed).toBeDefined();
    expect(this.#connection.deadline()).toBeUndefined();
  }

  #settle(): void {
    if (this.closed !== undefined) return;
    const [packetId] = this.#unsettled.splice(this.#random.below(this.#unsettled.length || 1), 1);
    if (packetId === undefined) return;
    const reasonCode = this.#random.pick([0, 0, 0x87]);
    this.#connection.handle({ type: 'acknowledge', packetId, reasonCode, reason: 'because' }, this.#now);
    this.#answer();
  }

  #answer(): void {
    for (let effect = this.#connection.nextEffect(); effect; effect = this.#connection.nextEffect())
      this.#effect(effect);
    const output = this.#connection.takeOutput();
    if (output !== undefined) expect(output.length < 10 * MAX_PACKET_SIZE).toBe(true);
  }

  #effect(effect: ServerEffect): void {
    if (this.closed !== undefined) throw new Error(`"${effect.type}" after "close"`);
    const now = this.#now;
    switch (effect.type) {
      case 'connect':
        this.#connection.handle({ type: 'accept', sessionPresent: false }, now);
        break;
      case 'publish':
        this.published++;
        if (effect.packet.qos > 0) this.#unsettled.push(effect.packet.packetId);
        break;
      case 'subscribe': {
        const reasonCodes = effect.packet.subscriptions.map(({ qos }) => qos);
        this.#connection.handle({ type: 'subscribed', packetId: effect.packet.packetId, reasonCodes }, now);
        break;
      }
      case 'unsubscribe': {
        const reasonCodes = effect.packet.filters.map(() => 0);
        this.#connection.handle({ type: 'unsubscribed', packetId: effect.packet.packetId, reasonCodes }, now);
        break;
      }
      case 'delivered':
        break;
      case 'close':
        this.closed = effect.cause;
        break;
      default:
        effect satisfies never;
    }
  }
}
