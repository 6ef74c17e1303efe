import { firstBreach, MessageType } from '@skein/chat';
import { type ConversationState, type Entry, parseConversationId } from '@skein/protocol';
import type { FetchAnswer } from '@skein/sync';
import { must } from './violation.ts';
import type { Seen, Witness } from './witness.ts';

/** What the server tells a user must be true of the log in its epoch, whenever it arrives. */
export class AnswerChecks {
  readonly #witness: Witness;
  readonly #told = new Map<string, { readonly version: number; readonly read: number }>();
  readonly #serves: (userId: string) => boolean;

  constructor(witness: Witness, serves: (userId: string) => boolean) {
    this.#witness = witness;
    this.#serves = serves;
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
    this.#grows(`${epoch} ${conversationId}`, Number(state.version), readSeq, said);
    const counted = this.#witness.unread(log, userId, readSeq, lastSeq);
    must(unread === counted, 'N2', () => `${said}: ${unread} unread, the log says ${counted}`);
    const since = state.unreplied ? Number(state.waitingSince) : undefined;
    const waiting = this.#witness.waitingSince(log, lastSeq);
    must(since === waiting, 'U4', () => `${said}: waits since ${since}, the log says ${waiting}`);
  }

  /** R1: a later version of the list never tells of a smaller position. */
  #grows(place: string, version: number, read: number, said: string): void {
    const before = this.#told.get(place);
    if (before && version <= before.version) return;
    this.#told.set(place, { version, read });
    must(!before || read >= before.read, 'R1', () => `${said}, before ${before?.read}`);
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

  /** By its name alone, whenever it was stored: one's own, and for who serves all cases. */
  #sees(userId: string, conversationId: string): boolean {
    const name = parseConversationId(conversationId);
    switch (name?.kind) {
      case 'dm':
        return name.a === userId || name.b === userId;
      case 'cs':
        return name.customer === userId || this.#serves(userId);
      case 'note':
        return this.#serves(userId);
      case 'group':
      case undefined:
        return false;
      default:
        return name satisfies never;
    }
  }

  /** A1: who was no member when it was stored is never handed it; but who serves, and so sees whole cases. */
  mayKnow(userId: string, conversationId: string, { members, seq, senderId }: Seen): void {
    if (senderId === userId || this.#sees(userId, conversationId)) return;
    must(
      conversationId.startsWith('group:') && members.has(userId),
      'A1',
      () => `${userId} is handed ${conversationId} #${seq}, and was no member when it was stored`,
    );
  }
}

export function isAmendment({ facts: { messageType } }: Seen): boolean {
  return messageType === MessageType.RECALL || messageType === MessageType.EDIT;
}
