import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MqttError } from '../error.ts';
import { topicName } from './packet.arbitrary.ts';
import type { Packet } from './packet.ts';
import { PacketWriter } from './writer.ts';

test('the fast way writes the same bytes as the general one', () => {
  const arbitrary = fc.record({
    topic: topicName,
    payload: fc.uint8Array({ maxLength: 20_000, size: 'max' }),
    qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
    dup: fc.boolean(),
    asBytes: fc.boolean(),
    version: fc.constantFrom(4 as const, 5 as const),
  });
  fc.assert(
    fc.property(arbitrary, ({ topic, payload, qos, dup, asBytes, version }) => {
      const packetId = qos === 0 ? 0 : 513;
      const [fast, general] = [new PacketWriter(), new PacketWriter()];
      fast.publish(asBytes ? new TextEncoder().encode(topic) : topic, payload, qos, packetId, dup, version);
      general.write({ type: 'publish', topic, payload, qos, packetId, dup, retain: false }, version);
      expect(Buffer.compare(fast.take()!, general.take()!)).toBe(0);
    }),
  );
});

test('a packet over the peer’s Maximum Packet Size is not written [MQTT-3.1.2-24]', () => {
  const writer = new PacketWriter();
  writer.write({ type: 'pingreq' }, 5);
  writer.maxPacketSize = 20;
  const payload = new Uint8Array(14);
  expect(writer.publish('t', payload, 0, 0, false, 5)).toBe(true);
  expect(writer.publish('t', payload, 1, 1, false, 5)).toBe(false);
  expect(writer.publish('漢', payload, 0, 0, false, 5)).toBe(false);
  const packet: Packet = { type: 'puback', packetId: 1, reasonCode: 0, reason: 'x'.repeat(20) };
  expect(writer.write(packet, 5)).toBe(false);
  expect(writer.take()).toEqual(Uint8Array.of(0xc0, 0, 0x30, 18, 0, 1, 0x74, 0, ...payload));
  expect(writer.take()).toBeUndefined();
});

const text = (clientId: string): Packet => ({
  type: 'connect',
  version: 5,
  clientId,
  cleanStart: true,
  keepAliveS: 0,
});
const publish = (topic: string): Packet => {
  return {
    type: 'publish',
    topic,
    payload: new Uint8Array(0),
    qos: 0,
    dup: false,
    retain: false,
    packetId: 0,
  };
};

test.each([
  ['U+0000', text('a\0b')],
  ['a lone surrogate', text('a\ud800b')],
  ['65,536 bytes', text('x'.repeat(65_536))],
  ['a topic with wildcards', publish('a/#')],
  ['a topic of nothing', publish('')],
])('what cannot be encoded is an error, and leaves what was written: %s', (_, packet) => {
  const writer = new PacketWriter();
  writer.write({ type: 'pingreq' }, 5);
  expect(() => writer.write(packet, 5)).toThrow(MqttError);
  expect(writer.take()).toEqual(Uint8Array.of(0xc0, 0));
});
