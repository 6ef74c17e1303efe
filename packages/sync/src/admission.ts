import { limits, type Refusal, refusal } from '@skein/protocol';
import type { Context } from './context.ts';
import type { OutboxRow } from './rows.ts';
import { publicationOf } from './wire.ts';

const tooLarge = refusal(
  'TOO_LARGE',
  `content may have ${limits.maxContentBytes} bytes and extend ${limits.maxExtendBytes}: send a file instead`,
);

/** Why a send never goes out: it would be refused anyway, or break the line again and again. */
export function unfit(row: OutboxRow, { userId, isBot }: Context): Refusal | undefined {
  if (publicationOf(row, userId, isBot) === undefined) {
    return refusal('MALFORMED', `'${row.conversationId}' is no conversation's id`);
  }
  const { content, extend = '' } = row.content;
  const isTooLarge = isLonger(content, limits.maxContentBytes) || isLonger(extend, limits.maxExtendBytes);
  return isTooLarge ? tooLarge : undefined;
}

const encoder = new TextEncoder();

function isLonger(text: string, bytes: number): boolean {
  return text.length * 3 > bytes && encoder.encode(text).length > bytes;
}
