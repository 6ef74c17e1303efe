import { describe, expect, it } from 'vitest';
import type { Identity } from '../../auth/identity.ts';
import type { Session } from '../session.ts';
import { Wills } from './wills.ts';

const session = { userId: '1001', clientId: 'phone' } as Session;
const identity = { userId: '1001' } as Identity;

function waiting(dueAt: number) {
  const sent: number[] = [];
  const wills = new Wills();
  wills.add(session, { identity, dueAt, send: () => sent.push(dueAt) });
  return { wills, sent };
}

describe('a will with a delay', () => {
  it('is sent once, when its delay is over and not before', () => {
    const { wills, sent } = waiting(2_000);
    wills.tick(1_999);
    expect(sent).toEqual([]);
    wills.tick(2_000);
    wills.tick(3_000);
    expect(sent).toEqual([2_000]);
  });

  it('is not sent once the session has gone on [MQTT-3.1.3-9]', () => {
    const { wills, sent } = waiting(2_000);
    wills.drop(session);
    wills.tick(2_000);
    expect(sent).toEqual([]);
  });

  it('takes the place of an earlier one of its session', () => {
    const { wills, sent } = waiting(2_000);
    wills.add(session, { identity, dueAt: 5_000, send: () => sent.push(5_000) });
    wills.tick(10_000);
    expect(sent).toEqual([5_000]);
  });

  it('A1 is not sent for somebody whose tokens were revoked', () => {
    const { wills, sent } = waiting(2_000);
    wills.revoke(({ userId }) => userId === '1002');
    wills.revoke(({ userId }) => userId === '1001');
    wills.tick(2_000);
    expect(sent).toEqual([]);
  });

  it('L4 of a month waits for a month', () => {
    const month = 30 * 24 * 3_600_000;
    const { wills, sent } = waiting(month);
    wills.tick(month - 1);
    expect(sent).toEqual([]);
  });
});
