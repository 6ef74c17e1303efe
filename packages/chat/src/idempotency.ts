import type { Seq } from './entry.ts';

/** What a send says. Its times and its context_seq are not part of it: a retry may carry new ones. */
export interface Content {
  readonly content: string;
  readonly messageType: number;
  readonly targetSeq?: Seq;
  readonly toReply?: number;
  readonly extend?: string;
}

/** `same`: a retry, answered with the first id and seq (I1). `conflict`: refused, the first stays (I2). */
export type Repeat = 'same' | 'conflict';

/**
 * What a second send under one idempotency key is (I2). A field that is absent differs from one that is zero or
 * empty, as on the wire: `to_reply` 0 asks for no answer, absent leaves it to the policy.
 */
export function repeatOf(stored: Content, again: Content): Repeat {
  return stored.content === again.content &&
    stored.messageType === again.messageType &&
    stored.targetSeq === again.targetSeq &&
    stored.toReply === again.toReply &&
    stored.extend === again.extend
    ? 'same'
    : 'conflict';
}
