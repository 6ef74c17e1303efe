import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as limits from './limits.ts';
import { refusals } from './refusals.ts';
import { inNames, outNames } from './topics.ts';

const reference = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');

/** The cells of the row that begins with this cell. */
function row(first: string): string[] {
  const line = reference.split('\n').find((text) => text.startsWith(`| ${first} |`));
  if (!line) throw new Error(`docs/protocol.md has no row that begins with "${first}"`);
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

describe('docs/protocol.md says what the code does', () => {
  test('every topic, and no other', () => {
    const named = [...reference.matchAll(/^\| `(skein\/v1\/\{me\}\/[a-z]+\/[a-z]+)` /gm)].map(
      ([, topic]) => topic,
    );
    const known = [
      ...outNames.map((name) => `skein/v1/{me}/out/${name}`),
      ...inNames.map((name) => `skein/v1/{me}/in/${name}`),
    ];
    expect(named.sort()).toEqual(known.sort());
  });

  test.each(Object.entries(refusals))('refusal %s', (name, { code, reasonCode }) => {
    expect(row(`${code}`).slice(1, 3)).toEqual([name, `0x${reasonCode.toString(16)}`]);
  });

  test.each([
    [
      'CONNECT after the connection opened',
      `${limits.connectTimeoutMs / 1000} s, ${limits.maxConnectBytes / 1024} KiB`,
    ],
    ['packet', `${limits.maxPacketBytes / 1024} KiB`],
    ['content*', `${limits.maxContentBytes / 1024} KiB`],
    ['extend', `${limits.maxExtendBytes / 1024} KiB`],
    ['all else in a payload', `${limits.maxOverheadBytes / 1024} KiB`],
    ['sends of a user*', `${limits.sendsPer10s} in 10 s, ${limits.sendBurst} at once`],
    ['receipts and typing signals of a user', limits.signalAllowance === 4 ? 'four times that' : 'other'],
    [
      'calls of a user; a search, a new group or new members count for ten',
      limits.callAllowance === 4 ? 'four times that' : 'other',
    ],
    ['subscriptions of a session', `${limits.maxSubscriptions}`],
    ['Receive Maximum', `${limits.receiveMaximum}`],
    ['unsent bytes of a session*, then it is fed from the log', `${limits.maxUnsentBytes / 1024} KiB`],
    ['no progress in taking them*, then closed', `${limits.stallTimeoutMs / 1000} s`],
    ['sessions of a user*', `${limits.maxSessionsPerUser}`],
    ['keeping an absent session*', `${limits.maxSessionExpiryS / 86_400} days`],
    ['members of a group', `${limits.maxGroupMembers}`],
    [
      'page of messages; of conversations',
      `${limits.pageEntries.usual}, at most ${limits.pageEntries.most}; ${limits.pageConversations.usual}, at most ${limits.pageConversations.most}`,
    ],
    ['request of a call', `${limits.maxRequestBytes / 1024} KiB`],
  ])('limit: %s', (name, value) => {
    expect(row(name)).toEqual([name, value]);
  });
});
