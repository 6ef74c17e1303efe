import type { ProtocolVersion } from '@skein/mqtt';
import { isRefusal, refusals } from '@skein/protocol';
import type { Outcome } from '../../store/store.ts';

/** What a PUBACK or PUBREC says of a publish. */
export interface PublishSettlement {
  readonly reasonCode: number;
  readonly reason?: string;
  readonly userProperties?: readonly (readonly [string, string])[];
  /** For the 64-bit dialect. */
  readonly messageId?: bigint;
}

/**
 * A client of 3.1.1 gets its PUBACK also when it was refused, so that it does not send again for ever; its Ack says
 * what became of the send.
 *
 * @param outcome undefined: taken, and there is nothing to say about it
 */
export function settlementOf(
  outcome: Outcome | undefined,
  version: ProtocolVersion | undefined,
): PublishSettlement {
  if (outcome === undefined) return { reasonCode: 0 };
  if (isRefusal(outcome)) {
    if (version !== 5) return { reasonCode: 0 };
    const { refused, reason } = outcome;
    return { reasonCode: refusals[refused].reasonCode, reason: `${refused}: ${reason}` };
  }
  if (outcome.type !== 'stored') return { reasonCode: 0 };
  const { id, seq, conversationId, time } = outcome.entry;
  if (version !== 5) return { reasonCode: 0, messageId: id };
  return {
    reasonCode: 0,
    userProperties: [
      ['message-id', id.toString()],
      ['seq', String(seq)],
      ['conversation-id', conversationId],
      ['create-time', String(time)],
    ],
  };
}
