import { gzipSync } from 'node:zlib';
import { directConversation } from '@skein/protocol';
import { until } from '@skein/testkit';
import { expect } from 'vitest';
import type { Case } from './case.ts';
import { RawLine } from './raw-line.ts';
import { listener, mallory, marker, type Stage, victim } from './stage.ts';

interface HttpCase {
  readonly name: string;
  /** Default: ListMessages. */
  readonly method?: string;
  readonly verb?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: () => string | Uint8Array;
  readonly gets: number | readonly number[];
}

const own = directConversation(listener, mallory);
const foreign = directConversation(victim, listener);
const json = (value: object) => () => JSON.stringify(value);
const bomb = () => gzipSync(Buffer.alloc(50_000_000, ' '));

const table: HttpCase[] = [
  { name: 'a body that is no JSON', body: () => '{"conversationId": ', gets: 400 },
  { name: 'a body that is a list', body: () => '[1,2,3]', gets: 400 },
  {
    name: 'a body not in UTF-8',
    body: () => Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]),
    gets: 400,
  },
  { name: 'JSON a hundred thousand deep', body: () => '['.repeat(100_000), gets: 400 },
  { name: 'objects fifty thousand deep', body: () => '{"a":'.repeat(50_000), gets: 400 },
  { name: '__proto__', body: () => '{"__proto__":{"conversationId":"x"},"constructor":{}}', gets: 400 },
  { name: 'a number as an id', body: json({ conversationId: 7 }), gets: 400 },
  { name: 'an id with a path in it', body: json({ conversationId: '../../etc/passwd' }), gets: 400 },
  { name: 'an id with SQL in it', body: json({ conversationId: "dm:1:2' OR 1=1 --" }), gets: 400 },
  { name: 'a conversation of two others', body: json({ conversationId: foreign }), gets: 403 },
  { name: 'a group that does not exist', body: json({ conversationId: 'group:5' }), gets: 403 },
  { name: 'a cursor that is no number', body: json({ conversationId: own, afterSeq: 'x' }), gets: 400 },
  { name: 'a negative cursor', body: json({ conversationId: own, afterSeq: '-1' }), gets: 400 },
  {
    name: 'a cursor beyond 64 bits',
    body: json({ conversationId: own, afterSeq: '18446744073709551616' }),
    gets: 400,
  },
  {
    name: 'the largest cursor',
    body: json({ conversationId: own, afterSeq: '18446744073709551615' }),
    gets: 200,
  },
  {
    name: 'the largest cursor backwards',
    body: json({ conversationId: own, beforeSeq: '18446744073709551615' }),
    gets: 200,
  },
  { name: 'both cursors', body: json({ conversationId: own, afterSeq: '1', beforeSeq: '9' }), gets: 400 },
  { name: 'a page of nothing', body: json({ conversationId: own, limit: 0 }), gets: 400 },
  { name: 'a page of all', body: json({ conversationId: own, limit: 4_294_967_295 }), gets: 200 },
  {
    name: 'the largest id to search before',
    method: 'Search',
    body: json({ text: 'xx', beforeMessageId: '18446744073709551615' }),
    gets: 200,
  },
  { name: 'a search for one character', method: 'Search', body: json({ text: 'x' }), gets: 400 },
  { name: 'a search for a pattern', method: 'Search', body: json({ text: '%_%*[a-z]+$' }), gets: 200 },
  {
    name: 'the largest seq as read',
    method: 'MarkRead',
    body: json({ conversationId: own, seq: '18446744073709551615' }),
    gets: [200, 403],
  },
  {
    name: 'reading what is not one’s own',
    method: 'MarkRead',
    body: json({ conversationId: foreign }),
    gets: 403,
  },
  {
    name: 'joining what is not one’s own',
    method: 'AddMembers',
    body: json({ conversationId: 'group:5', userIds: [mallory] }),
    gets: 403,
  },
  {
    name: 'a group of too many',
    method: 'CreateGroup',
    body: json({ name: 'x', memberIds: Array.from({ length: 600 }, (_, i) => String(i + 1)) }),
    gets: 400,
  },
  {
    name: 'a group with user 0',
    method: 'CreateGroup',
    body: json({ name: 'x', memberIds: ['0'] }),
    gets: 400,
  },
  { name: 'a group without a name', method: 'CreateGroup', body: json({ name: ' ' }), gets: 400 },
  { name: 'a body over 256 KiB', body: () => `"${'x'.repeat(300_000)}"`, gets: [413, 429] },
  { name: 'a gzip bomb', headers: { 'content-encoding': 'gzip' }, body: bomb, gets: [413, 429] },
  { name: 'gzip that is none', headers: { 'content-encoding': 'gzip' }, body: () => 'not gzip', gets: 400 },
  {
    name: 'a compression that nobody knows',
    headers: { 'content-encoding': 'br' },
    body: () => '{}',
    gets: [400, 404, 501],
  },
  { name: 'a wrong type', headers: { 'content-type': 'text/html' }, body: () => '{}', gets: 415 },
  {
    name: 'a form',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: () => 'a=b',
    gets: 415,
  },
  { name: 'a call that does not exist', method: 'DropTables', body: () => '{}', gets: 404 },
  { name: 'a GET', verb: 'GET', gets: 405 },
  { name: 'a DELETE', verb: 'DELETE', gets: 405 },
  { name: 'a foreign Origin', headers: { origin: 'https://evil.example' }, body: () => '{}', gets: 403 },
  {
    name: 'forged forwarding headers make nobody else of one',
    headers: { 'x-forwarded-for': '127.0.0.1', forwarded: 'for=127.0.0.1', 'x-user': victim },
    body: json({ conversationId: foreign }),
    gets: 403,
  },
  {
    name: 'the headers of a deadline that is none',
    headers: { 'connect-timeout-ms': '99999999999999' },
    body: () => '{}',
    gets: 400,
  },
];

/** What HTTP's own grammar forbids, so that no client of ours says it. */
const rawRequests: Record<string, string> = {
  'both length headers':
    'POST /skein.v1.ChatService/GetUnread HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'two lengths': 'POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!',
  'a header with a line break': 'GET / HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n',
  'no Host': 'GET / HTTP/1.1\r\n\r\n',
  'a head of 20 KiB': `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
  'a chunk size that is none':
    'POST /skein.v1.ChatService/GetUnread HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
};

/** Calls and requests that are wrong. */
export const http: Case[] = [
  ...table.map((one) => ({ name: one.name, run: (stage: Stage) => tryOut(stage, one) })),
  ...Object.entries(rawRequests).map(([name, request]) => ({
    name,
    async run({ server }: Stage) {
      const line = new RawLine(server.port).say(Buffer.from(request, 'latin1'));
      await until(() => line.text.includes('\r\n\r\n'), { what: 'an answer' });
      expect(line.text).toMatch(/^HTTP\/1.1 4\d\d/);
      await line.end();
    },
  })),
];

async function tryOut(stage: Stage, one: HttpCase): Promise<void> {
  const { method = 'ListMessages', verb = 'POST', headers = {}, body, gets } = one;
  const response = await fetch(`${stage.server.url}/skein.v1.ChatService/${method}`, {
    method: verb,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${stage.token(mallory)}`,
      ...headers,
    },
    ...(body && { body: body() as BodyInit }),
  });
  const text = await response.text();
  expect([gets].flat(), text).toContain(response.status);
  expect(text).not.toContain(marker);
  expect(text).not.toMatch(/at .*\.ts:\d+|node_modules/);
}
