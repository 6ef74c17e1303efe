import mqttPacket, { type Packet } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { connectFrame, type ProtocolVersion, publishTemplate, subscribeFrame } from './frames.ts';

/** What another implementation reads in the bytes. */
function read(version: ProtocolVersion, bytes: Uint8Array): Packet {
  const packets: Packet[] = [];
  const parser = mqttPacket.parser({ protocolVersion: version });
  parser.on('packet', (packet) => packets.push(packet));
  expect(parser.parse(Buffer.from(bytes))).toBe(0);
  expect(packets).toHaveLength(1);
  return packets[0]!;
}

for (const version of [4, 5] as const) {
  test(`CONNECT of version ${version} carries its login`, () => {
    const login = { clientId: 'bench-1', userName: '1001', password: 'a.b.c' };
    const packet = read(version, connectFrame(version, login));
    expect(packet).toMatchObject({ cmd: 'connect', clientId: 'bench-1', username: '1001', clean: true });
    expect(packet).toMatchObject({
      password: Buffer.from('a.b.c'),
      protocolVersion: version,
      keepalive: 300,
    });
    expect(read(version, connectFrame(version, { clientId: 'x' }))).not.toHaveProperty('username');
  });

  test(`SUBSCRIBE of version ${version} asks for QoS 1`, () => {
    expect(read(version, subscribeFrame(version, 7, 'a/b'))).toMatchObject({
      messageId: 7,
      subscriptions: [{ topic: 'a/b', qos: 1 }],
    });
  });

  test(`PUBLISH of version ${version} takes its packet id and its payload where the template says`, () => {
    const { bytes, packetIdAt, payloadAt } = publishTemplate(
      version,
      'skein/v1/1/out/message',
      new Uint8Array(200),
    );
    bytes.set([0x12, 0x34], packetIdAt);
    bytes.fill(65, payloadAt);
    expect(read(version, bytes)).toMatchObject({
      topic: 'skein/v1/1/out/message',
      qos: 1,
      retain: false,
      messageId: 0x1234,
      payload: Buffer.alloc(200, 65),
    });
  });
}
