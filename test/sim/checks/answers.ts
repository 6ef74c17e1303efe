import { firstBreach, MessageType } from '@skein/chat';
import type { ConversationState, Entry } from '@skein/protocol';
import type { FetchAnswer } from '@skein/sync';
import { must } from './violation.ts';
import type { Seen, Witness } from './witness.ts';

/** What the server tells a user must be true of the log in its epoch, whenever it arrives. */
export class AnswerChecks {
  readonly #witness: Witness;

  constructor(witness: Witness) {
    this.#witness = witness;
  }

  answer(userId: string, { call, answer }: FetchAnswer): void {
    const epoch = answer.epoch ?? '';
    switch (call) {
      case 'listConversations':
        for (const state of answer.conversations) this.state(userId, epoch, state);
        break;
      case 'listMessages':
        this.#page(userId, epoch, answer.entries, Number(answer.headSeq));
        break;
      case 'getPositions':
        for (const { userId: member, deliveredSeq, readSeq } of answer.members) {
          const [delivered, read, head] = [deliveredSeq, readSeq, answer.headSeq].map(Number);
          must(
            read! <= delivered! && delivered! <= head!,
            'R1',
            () => `${member} is told to be at ${delivered}/${read} of ${head}`,
          );
        }
        break;
      default:
        call satisfies never;
    }
  }

  /** N2, U4: counts in a feed are those of the log up to where they were counted. */
  state(userId: string, epoch: string, state: ConversationState): void {
    const { conversationId } = state;
    if (state.left) return;
    const [lastSeq, readSeq, unread] = [state.lastSeq, state.readSeq, state.unread].map(Number) as [
      number,
      number,
      number,
    ];
    const log = this.#witness.log(epoch, conversationId);
    const head = log?.entries.length ?? 0;
    const said = `${userId} is told of ${conversationId} #${lastSeq}, read ${readSeq}`;
    must(lastSeq <= head, 'O2', () => `${said}: the log ends at ${head}`);
    if (!log) return;
    const counted = this.#witness.unread(log, userId, readSeq, lastSeq);
    must(unread === counted, 'N2', () => `${said}: ${unread} unread, the log says ${counted}`);
    const since = state.unreplied ? Number(state.waitingSince) : undefined;
    const waiting = this.#witness.waitingSince(log, lastSeq);
    must(since === waiting, 'U4', () => `${said}: waits since ${since}, the log says ${waiting}`);
  }

  #page(userId: string, epoch: string, entries: readonly Entry[], head: number): void {
    const found = entries.map(({ body }) => {
      const { conversationId = '', seq = '0', messageId = '' } = body.value ?? {};
      return { conversationId, seq: Number(seq), messageId };
    });
    const first = found[0];
    if (!first) return;
    const breach = firstBreach(
      found.map(({ seq }) => seq),
      first.seq - 1,
    );
    must(
      !breach,
      'O1',
      () => `a page of ${first.conversationId} has ${breach?.found} for ${breach?.expected}`,
    );
    for (const { conversationId, seq, messageId } of found) {
      const seen = this.#witness.log(epoch, conversationId)?.entries[seq - 1];
      must(
        seen?.messageId === messageId && seq <= head,
        'O1',
        () => `a page has ${messageId} as ${conversationId} #${seq}, the log has ${seen?.messageId}`,
      );
      this.mayKnow(userId, conversationId, seen);
    }
  }

  /** A1: who was no member when it was stored is never handed it; but who serves, and so sees whole cases. */
  mayKnow(userId: string, conversationId: string, { members, seq, senderId }: Seen): void {
    if (!conversationId.startsWith('group:') || senderId === userId) return;
    must(
      members.has(userId),
      'A1',
      () => `${userId} is handed ${conversationId} #${seq}, and was no member when it was stored`,
    );
  }
}

export function isAmendment({ facts: { messageType } }: Seen): boolean {
  return messageType === MessageType.RECALL || messageType === MessageType.EDIT;
}
