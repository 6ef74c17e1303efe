/**
 * P13: what parsing and building PUBLISH costs against mqtt-packet, in one process, in alternating blocks.
 * `node bench/src/codec.ts [seconds]`
 */
import { pathToFileURL } from 'node:url';
import { PacketReader, PacketWriter, type ProtocolVersion, SlabPool } from '@skein/mqtt';
import mqttPacket from 'mqtt-packet';

export interface CodecRatio {
  readonly version: ProtocolVersion;
  /** Parsing is measured with the topics of one connection, and with new ones all the time. */
  readonly work: 'parse' | 'parse new topics' | 'build';
  /** Nanoseconds a packet, medians over the blocks. */
  readonly oursNs: number;
  readonly theirsNs: number;
  /** Median of theirs / ours over neighbouring blocks: how many times as fast we are. */
  readonly ratio: number;
}

/** Packets in one chunk, about 80 KB: a large read of a socket. */
const PACKETS = 512;
/** What a busy connection is sent in one turn of the event loop. */
const PACKETS_A_WRITE = 16;
const PAIRS = 8;
const PAYLOAD = Buffer.alloc(128, 'a');

/** What one client publishes to; 30 bytes each. */
const OWN_TOPICS = ['message', 'service', 'receipt', '0typing'].map(
  (kind) => `skein/v1/10000001/out/0${kind}`,
);
/** More than a reader keeps. */
const MANY_TOPICS = Array.from({ length: 256 }, (_, i) => `skein/v1/${10_000_000 + i}/in/0message`);

/** What every block adds to, so that no work can be left out. */
let sum = 0;

interface Contest {
  readonly version: ProtocolVersion;
  readonly work: CodecRatio['work'];
  /** Each handles `PACKETS` packets. */
  readonly ours: () => void;
  readonly theirs: () => void;
}

function parsing(version: ProtocolVersion, topics: readonly string[], work: CodecRatio['work']): Contest {
  const writer = new PacketWriter();
  for (let i = 0; i < PACKETS; i++)
    writer.publish(topics[i % topics.length]!, PAYLOAD, 1, i + 1, false, version);
  const chunk = Buffer.from(writer.take()!);
  const reader = new PacketReader({ role: 'server', version, maxPacketSize: 262_144 });
  const parser = mqttPacket.parser({ protocolVersion: version });
  let count = 0;
  parser.on('packet', (packet) => {
    count++;
    sum += packet.messageId ?? 0;
  });
  function expectAll(): void {
    if (count !== PACKETS) throw new Error(`${count} of ${PACKETS} packets came out`);
    count = 0;
  }
  return {
    version,
    work,
    ours: () => {
      reader.push(chunk);
      for (let packet = reader.next(); packet !== undefined; packet = reader.next()) {
        count++;
        if (packet.type === 'publish') sum += packet.packetId;
      }
      expectAll();
    },
    theirs: () => {
      parser.parse(chunk);
      expectAll();
    },
  };
}

function building(version: ProtocolVersion): Contest {
  const writer = new PacketWriter(new SlabPool({ allocate: Buffer.allocUnsafeSlow }));
  return {
    version,
    work: 'build',
    ours: () => {
      for (let i = 1; i <= PACKETS; i++) {
        writer.publish(MANY_TOPICS[i % MANY_TOPICS.length]!, PAYLOAD, 1, i, false, version);
        if (i % PACKETS_A_WRITE === 0) sum += writer.take()!.length;
      }
    },
    theirs: () => {
      for (let i = 0; i < PACKETS; i++) {
        const topic = MANY_TOPICS[i % MANY_TOPICS.length]!;
        const packet = {
          cmd: 'publish',
          topic,
          payload: PAYLOAD,
          qos: 1,
          messageId: i + 1,
          dup: false,
          retain: false,
        } as const;
        sum += mqttPacket.generate(packet, { protocolVersion: version }).length;
      }
    },
  };
}

function nsPerPacket(block: () => void, blockMs: number): number {
  const begun = performance.now();
  let packets = 0;
  let elapsedMs = 0;
  while (elapsedMs < blockMs) {
    block();
    packets += PACKETS;
    elapsedMs = performance.now() - begun;
  }
  return (elapsedMs * 1e6) / packets;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function measure({ version, work, ours, theirs }: Contest, blockMs: number): CodecRatio {
  const oursNs: number[] = [];
  const theirsNs: number[] = [];
  nsPerPacket(ours, blockMs);
  nsPerPacket(theirs, blockMs);
  for (let pair = 0; pair < PAIRS; pair++) {
    // A B B A, so that a drift of the machine falls on both.
    if (pair % 2 === 0) oursNs.push(nsPerPacket(ours, blockMs));
    theirsNs.push(nsPerPacket(theirs, blockMs));
    if (pair % 2 === 1) oursNs.push(nsPerPacket(ours, blockMs));
  }
  const ratio = median(oursNs.map((ns, pair) => theirsNs[pair]! / ns));
  return { version, work, oursNs: median(oursNs), theirsNs: median(theirsNs), ratio };
}

/** Measures both versions, parsing and building, for about this many seconds in all. */
export function measureCodec({ seconds }: { readonly seconds: number }): CodecRatio[] {
  const contests = ([4, 5] as const).flatMap((version) => [
    parsing(version, OWN_TOPICS, 'parse'),
    parsing(version, MANY_TOPICS, 'parse new topics'),
    building(version),
  ]);
  const blockMs = (seconds * 1000) / (contests.length * 2 * (PAIRS + 1));
  const results = contests.map((contest) => measure(contest, blockMs));
  if (sum === 0) throw new Error('nothing was measured');
  return results;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const { version, work, oursNs, theirsNs, ratio } of measureCodec({
    seconds: Number(process.argv[2] ?? 10),
  })) {
    const level = version === 4 ? '3.1.1' : '5    ';
    console.log(
      `MQTT ${level} ${work}: ${oursNs.toFixed(0)} ns, mqtt-packet ${theirsNs.toFixed(0)} ns, ${ratio.toFixed(1)} x`,
    );
  }
}
