import {
  type EntryFacts,
  isAmendment,
  MessageType,
  type Millis,
  mayAmend,
  raise,
  repeatOf,
} from '@skein/chat';
import { draftContent, draftExtend, type Refusal, refusal } from '@skein/protocol';
import type { Append, Operation, Outcome, Raise, Stored, StorePolicy } from '../store.ts';
import { applyEntry, raiseRead } from './apply.ts';
import { presentMember } from './conversations.ts';
import { isUniqueViolation } from './database.ts';
import { type EntryRow, factsOf, flagsOf, LogEntry } from './entry.ts';
import type { IdSequence } from './id-sequence.ts';
import { Peers } from './peers.ts';
import { mayBegin, mayWrite, notAllowed } from './rights.ts';
import { bumpFeed, type Conversation, type Member, presentMembers, type User } from './state.ts';
import type { Tables } from './tables.ts';

/**
 * Carries out the operations of one transaction. What it changes in memory is right only once the transaction is
 * committed; when that fails, all of the memory is thrown away and read anew.
 */
export class Committer {
  private readonly tables: Tables;
  private readonly policy: StorePolicy;
  private readonly clock: () => Millis;
  private readonly ids: IdSequence;
  private readonly peers: Peers;
  /** Members whose positions were raised: only their rows know that, so they are part of the transaction. */
  private readonly raisedRead = new Set<Member>();
  private readonly raisedDelivered = new Set<Member>();

  constructor(tables: Tables, policy: StorePolicy, ids: IdSequence, clock: () => Millis) {
    this.tables = tables;
    this.policy = policy;
    this.clock = clock;
    this.ids = ids;
    this.peers = new Peers(tables);
  }

  /** The outcomes in the order of the operations. Within a transaction. */
  run(operations: readonly Operation[]): Outcome[] {
    const outcomes = operations.map((operation) =>
      operation.type === 'append' ? this.append(operation) : this.raise(operation),
    );
    this.saveRaised();
    return outcomes;
  }

  private saveRaised(): void {
    const { conversations } = this.tables;
    for (const member of this.raisedRead) conversations.save(member);
    for (const member of this.raisedDelivered) {
      if (!this.raisedRead.has(member)) conversations.saveDelivered(member);
    }
    this.raisedRead.clear();
    this.raisedDelivered.clear();
  }

  private append(operation: Append): Outcome {
    const sender = this.tables.users.get(operation.sender.userId);
    const conversation = this.tables.conversations.get(operation.conversationId);
    if (!conversation) return this.begin(operation, sender);
    const refused = mayWrite(operation.sender, conversation) ?? this.mayAmend(operation, conversation);
    // A send that was stored is told so again, even if it would be refused by now (I3).
    return refused
      ? (this.storedBefore(operation, conversation, sender) ?? refused)
      : this.store(operation, conversation, sender);
  }

  private begin(operation: Append, sender: User): Outcome {
    const { users, conversations } = this.tables;
    const { name } = operation;
    const peer = name.kind === 'dm' ? users.get(name.a === sender.id ? name.b : name.a) : undefined;
    const refused = mayBegin(operation.sender, name, peer && this.peers.of(peer, sender), this.policy.direct);
    if (refused) return refused;
    if (isAmendment(operation.draft.messageType)) return nothingToAmend;
    const members = new Set<User>();
    if (peer) members.add(sender).add(peer);
    else if (name.kind === 'cs') members.add(users.get(name.customer));
    if (!peer) for (const user of users.servants()) members.add(user);
    if (!members.has(sender)) return notAllowed;
    const conversation = conversations.create(operation.conversationId, name);
    for (const member of members) conversations.join(conversation, member, { owner: false });
    return this.store(operation, conversation, sender);
  }

  private mayAmend(operation: Append, conversation: Conversation): Refusal | undefined {
    const { draft, sender } = operation;
    if (!isAmendment(draft.messageType)) return undefined;
    const row = draft.targetSeq ? this.tables.entries.find(conversation.key, draft.targetSeq) : undefined;
    const target = row && row.recalledBy === undefined ? factsOf(conversation.name, row) : undefined;
    const kind = draft.messageType === MessageType.RECALL ? 'recall' : 'edit';
    const answer = mayAmend(kind, sender.userId, target, this.clock(), this.policy.amend);
    return answer === true ? undefined : refusal('NOT_ALLOWED', amendRefusals[answer]);
  }

  private store(operation: Append, conversation: Conversation, sender: User): Outcome {
    const { entries } = this.tables;
    const { draft } = operation;
    const id = this.ids.next(this.clock());
    const row: EntryRow = {
      id,
      seq: conversation.head + 1,
      senderId: sender.id,
      origin: operation.origin,
      recalledBy: undefined,
      payload: draft.payload,
    };
    const facts = factsOf(conversation.name, row, draft);
    const flags = flagsOf(conversation.name, facts, this.policy.reply);
    try {
      entries.insert(
        conversation.key,
        id,
        row.seq,
        sender.key,
        draft.clientMessageId,
        flags,
        row.origin,
        row.payload,
      );
    } catch (error) {
      const before = isUniqueViolation(error) && this.storedBefore(operation, conversation, sender);
      if (before) return before;
      throw error;
    }
    return this.stored(operation, conversation, sender, row, facts);
  }

  private stored(
    operation: Append,
    conversation: Conversation,
    sender: User,
    row: EntryRow,
    facts: EntryFacts,
  ): Stored {
    const member = conversation.members.get(sender.id);
    const readBefore = member?.read;
    applyEntry(conversation, { facts, id: row.id }, this.tables.entries, this.policy.reply);
    return {
      type: 'stored',
      entry: new LogEntry(conversation.id, conversation.name, row, operation.draft),
      repeat: false,
      members: presentMembers(conversation),
      senderRead: member?.read === readBefore ? undefined : member?.read,
    };
  }

  /** I1, I2: what became of the first send with this key. */
  private storedBefore(operation: Append, conversation: Conversation, sender: User): Outcome | undefined {
    const { draft } = operation;
    if (draft.clientMessageId === 0n) return undefined;
    const row = this.tables.entries.findByKey(conversation.key, sender.key, draft.clientMessageId);
    if (!row) return undefined;
    const entry = new LogEntry(conversation.id, conversation.name, row);
    if (repeatOf(contentOf(entry.draft), contentOf(draft)) === 'conflict') {
      return refusal('CONFLICT', 'this client_message_id was used before for other content: take a new one');
    }
    return { type: 'stored', entry, repeat: true, members: [], senderRead: undefined };
  }

  private raise(operation: Raise): Outcome {
    const conversation = this.tables.conversations.get(operation.conversationId);
    const member = conversation && presentMember(conversation, operation.userId);
    if (!member) return notAllowed;
    const raised = raise(member, operation.kind, operation.seq, conversation.head);
    const changed = raised !== member;
    if (changed) {
      if (raised.read > member.read) {
        raiseRead(member, raised.read, this.tables.entries);
        bumpFeed(member);
        this.raisedRead.add(member);
      } else {
        member.delivered = raised.delivered;
        this.raisedDelivered.add(member);
      }
    }
    return {
      type: 'raised',
      position: { delivered: member.delivered, read: member.read },
      changed,
      unread: member.unread,
      version: member.user.version,
      members: presentMembers(conversation),
    };
  }
}

const nothingToAmend = refusal('NOT_ALLOWED', 'there is no such entry to recall or edit');

const amendRefusals = {
  not_found: nothingToAmend.reason,
  not_yours: 'only its sender can recall or edit an entry',
  too_late: 'the time in which the entry could be recalled or edited is over',
  not_amendable: 'entries of this kind cannot be recalled or edited',
} as const;

function contentOf(draft: Append['draft']) {
  const extend = draftExtend(draft);
  return {
    content: draftContent(draft),
    messageType: draft.messageType,
    ...(draft.targetSeq !== undefined && { targetSeq: draft.targetSeq }),
    ...(draft.toReply !== undefined && { toReply: draft.toReply }),
    ...(extend !== undefined && { extend }),
  };
}
