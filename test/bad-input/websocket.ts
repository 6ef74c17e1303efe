import { createHash, randomBytes } from 'node:crypto';
import { until } from '@skein/testkit';
import { expect } from 'vitest';
import type { Case } from './case.ts';
import { bytes, connect } from './mqtt-bytes.ts';
import { RawLine } from './raw-line.ts';
import { mallory, type Stage } from './stage.ts';

/** Header lines of an upgrade; undefined leaves one out. */
type Headers = Readonly<Record<string, string | undefined>>;

interface UpgradeCase {
  readonly name: string;
  readonly path?: string;
  readonly headers?: (host: string) => Headers;
  /** The status line begins so. */
  readonly gets: string;
}

const key = randomBytes(16).toString('base64');
const accepted = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

const upgrades: UpgradeCase[] = [
  { name: 'no Origin, as programs', gets: '101' },
  { name: 'the own Origin', headers: (host) => ({ origin: `http://${host}` }), gets: '101' },
  { name: 'a foreign Origin', headers: () => ({ origin: 'https://evil.example' }), gets: '403' },
  {
    name: 'an Origin that ends like ours',
    headers: (host) => ({ origin: `http://evil.${host}` }),
    gets: '403',
  },
  { name: 'the Origin null', headers: () => ({ origin: 'null' }), gets: '403' },
  { name: 'an Origin that is none', headers: () => ({ origin: 'http://[' }), gets: '403' },
  { name: 'no subprotocol', headers: () => ({ 'sec-websocket-protocol': undefined }), gets: '400' },
  { name: 'another subprotocol', headers: () => ({ 'sec-websocket-protocol': 'chat, soap' }), gets: '400' },
  { name: 'no key', headers: () => ({ 'sec-websocket-key': undefined }), gets: '400' },
  { name: 'another version', headers: () => ({ 'sec-websocket-version': '7' }), gets: '400' },
  { name: 'another path', path: '/', gets: '404' },
  { name: 'a path behind the path', path: '/mqtt/../x', gets: '404' },
  { name: 'a token in the address does not matter', path: '/mqtt?access_token=x', gets: '101' },
  { name: 'an upgrade to something else', headers: () => ({ upgrade: 'h2c' }), gets: '400' },
];

const upgradeCases: Case[] = upgrades.map(({ name, path, headers, gets }) => ({
  name,
  async run(stage) {
    const line = dial(stage, path, headers);
    await until(() => line.text.includes('\r\n\r\n'), { what: () => `an answer; heard ${line.text}` });
    expect(line.text.slice(0, 12)).toBe(`HTTP/1.1 ${gets}`);
    if (gets === '101') expect(line.text).toContain(accepted);
    else await line.end();
    line.close();
  },
}));

interface FrameCase {
  readonly name: string;
  readonly says: (stage: Stage) => Uint8Array;
  /** The close code; or that MQTT goes on with its CONNACK. */
  readonly gets: number | 'CONNACK' | 'the end';
}

const good = (stage: Stage) => connect({ version: 5, user: mallory, token: stage.token(mallory) });

const frames: FrameCase[] = [
  { name: 'a text frame', says: () => frame(0x81, Buffer.from('hello')), gets: 1003 },
  { name: 'a text frame that is not UTF-8', says: () => frame(0x81, bytes(0xc3, 0x28)), gets: 1007 },
  { name: 'a frame without a mask', says: () => bytes(0x82, 2, 0xc0, 0), gets: 1002 },
  { name: 'a compressed frame', says: () => frame(0xc2, bytes(1, 2, 3)), gets: 1002 },
  { name: 'an unknown opcode', says: () => frame(0x83, bytes()), gets: 1002 },
  { name: 'a continuation of nothing', says: () => frame(0x80, bytes(1)), gets: 1002 },
  { name: 'a ping that is too long', says: () => frame(0x89, new Uint8Array(126)), gets: 1002 },
  { name: 'a ping in fragments', says: () => frame(0x09, bytes()), gets: 1002 },
  { name: 'a close with a code that does not exist', says: () => frame(0x88, bytes(0, 1)), gets: 1002 },
  { name: 'a frame of 300 KB', says: () => frame(0x82, new Uint8Array(300_000)), gets: 1009 },
  {
    name: 'a claim of 2^62 bytes',
    says: () => bytes(0x82, 0xff, 0x40, Array<number>(7).fill(0), 1, 2, 3, 4),
    gets: 1009,
  },
  {
    name: 'fragments that add up to too much',
    says: () => bytes(frame(0x02, new Uint8Array(200_000)), frame(0x80, new Uint8Array(200_000))),
    gets: 1009,
  },
  {
    name: 'a CONNECT in fragments of one byte is a CONNECT',
    says: (stage) => {
      const all = [...good(stage)];
      return bytes(
        ...all.map((byte, i) => frame((i === 0 ? 2 : 0) | (i === all.length - 1 ? 0x80 : 0), bytes(byte))),
      );
    },
    gets: 'CONNACK',
  },
  {
    name: 'a CONNECT in many frames is a CONNECT',
    says: (stage) => bytes(...[...good(stage)].map((byte) => frame(0x82, bytes(byte)))),
    gets: 'CONNACK',
  },
  { name: 'an MQTT packet that is none', says: () => frame(0x82, bytes(0, 0)), gets: 'the end' },
];

const frameCases: Case[] = frames.map(({ name, says, gets }) => ({
  name,
  async run(stage) {
    const line = await upgraded(stage);
    line.say(says(stage));
    if (gets === 'CONNACK') {
      await until(() => line.heard.length > 4, { what: 'CONNACK' });
      expect([...line.heard.subarray(0, 1), line.heard[2]]).toEqual([0x82, 0x20]);
    } else {
      await line.end();
      const [opcode, , high = 0, low = 0] = line.heard;
      if (gets !== 'the end')
        expect({ opcode, code: high * 256 + low }).toEqual({ opcode: 0x88, code: gets });
    }
    line.close();
  },
}));

/** MQTT over WebSocket that is wrong before MQTT begins. */
export const webSocket: Case[] = [
  ...upgradeCases,
  ...frameCases,
  { name: 'compression offered is not taken', run: offersCompression },
];

async function offersCompression(stage: Stage): Promise<void> {
  const line = dial(stage, '/mqtt', () => ({ 'sec-websocket-extensions': 'permessage-deflate' }));
  await until(() => line.text.includes('\r\n\r\n'), { what: 'an answer' });
  expect(line.text).toMatch(/^HTTP\/1.1 101/);
  expect(line.text.toLowerCase()).not.toContain('sec-websocket-extensions');
  line.close();
}

function dial(stage: Stage, path = '/mqtt', headers: (host: string) => Headers = () => ({})): RawLine {
  const host = `127.0.0.1:${stage.server.port}`;
  const all = {
    host,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': key,
    'sec-websocket-protocol': 'mqtt',
    ...headers(host),
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  return new RawLine(stage.server.port).say(
    Buffer.from([`GET ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n')),
  );
}

/** A line on which frames can be said. */
export async function upgraded(stage: Stage): Promise<RawLine> {
  const line = dial(stage);
  await until(() => line.text.includes('\r\n\r\n'), { what: 'the upgrade' });
  line.forget(line.text.indexOf('\r\n\r\n') + 4);
  return line;
}

/** A frame of a client, with a mask of zeros. */
export function frame(first: number, content: Uint8Array): Uint8Array {
  const { length } = content;
  const size =
    length < 126
      ? [0x80 | length]
      : length < 65_536
        ? [0x80 | 126, length >> 8, length & 255]
        : [0x80 | 127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255];
  return bytes(first, size, [0, 0, 0, 0], content);
}
