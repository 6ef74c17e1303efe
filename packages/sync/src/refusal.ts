import type { Millis } from '@skein/chat';
import { type Refusal, type RefusalName, refusal, refusals } from '@skein/protocol';

/** Whether the same thing may succeed later without anybody doing anything. */
export function isTemporary({ refused }: Refusal): boolean {
  switch (refused) {
    case 'RATE_LIMITED':
    case 'UNAVAILABLE':
      return true;
    case 'NOT_ALLOWED':
    case 'MALFORMED':
    case 'TOO_LARGE':
    case 'CONFLICT':
    case 'CLOSED':
      return false;
    default:
      return refused satisfies never;
  }
}

/** How long the server asks to wait, where it says so in the reason. */
export function retryAfterMs({ reason }: Refusal): Millis {
  const [, ms = '0'] = /retry after (\d{1,9}) ms/.exec(reason) ?? [];
  return Math.min(Number(ms), 600_000);
}

/** The refusal of an Ack. A code of a later version is taken as final: to try again could go on for ever. */
export function refusalOfAck(code: number, reason: string): Refusal {
  const names = Object.keys(refusals) as RefusalName[];
  return refusal(names.find((name) => refusals[name].code === code) ?? 'NOT_ALLOWED', reason);
}
