import { isUint64 } from '@skein/protocol';
import { expect, it } from 'vitest';
import { clientMessageId } from './client-message-id.ts';

it('I1: a key is a uint64 that grows with time, and differs within a millisecond by its random bits', () => {
  const now = 1_700_000_000_000;
  const key = clientMessageId(now, 0xffff_ffff);
  expect(isUint64(key)).toBe(true);
  expect(BigInt(key) >> 22n).toBe(BigInt(now));
  expect(BigInt(clientMessageId(now + 1, 0)) > BigInt(key)).toBe(true);
  expect(clientMessageId(now, 1)).not.toBe(clientMessageId(now, 2));
});
