import type { Typing } from '@skein/protocol';
import type { Context } from './context.ts';
import type { ConversationList } from './conversation-list.ts';
import type { Epoch } from './epoch.ts';
import type { Received } from './input.ts';
import type { Outbox } from './outbox.ts';
import type { Snapshots } from './snapshots.ts';
import { given, type Placed, placedMessage, placedService } from './wire.ts';

/** What comes in on the user's topics, each to the machine that it is for. */
export class LineInputs {
  readonly #context: Context;
  readonly #epoch: Epoch;
  readonly #list: ConversationList;
  readonly #outbox: Outbox;
  readonly #snapshots: Snapshots;

  constructor(context: Context, epoch: Epoch, list: ConversationList, outbox: Outbox, snapshots: Snapshots) {
    this.#context = context;
    this.#epoch = epoch;
    this.#list = list;
    this.#outbox = outbox;
    this.#snapshots = snapshots;
  }

  /** @param isOfThisEpoch what to make of an epoch that a change of the list names */
  handle(received: Received, isOfThisEpoch: (epoch: string | undefined) => boolean): void {
    switch (received.name) {
      case 'message':
        this.offer(placedMessage(received.payload));
        break;
      case 'service':
        this.offer(placedService(received.payload));
        break;
      case 'ack':
        this.#outbox.acknowledged(received.payload);
        break;
      case 'receipt':
        // Before that it could be of another store; positions are read anew in any case.
        if (this.#epoch.isConfirmed)
          this.#list.get(received.payload.conversationId)?.receipt(received.payload);
        break;
      case 'feed':
        if (isOfThisEpoch(given(received.payload).epoch)) this.#list.changed(received.payload);
        break;
      case 'unread':
        this.#list.statics(received.payload);
        break;
      case 'typing':
        this.#typing(received.payload);
        break;
      case 'notice':
        this.#snapshots.notice(received.payload);
        break;
      case 'presence':
        break;
      default:
        received satisfies never;
    }
  }

  /** An entry, once it is known to be of the store that the device has a copy of. */
  offer(placed: Placed | undefined): void {
    if (!placed) return;
    if (this.#epoch.isConfirmed) this.#list.obtain(placed.conversationId)?.offer(placed.entry);
    else this.#epoch.hold(placed);
  }

  #typing({ conversationId, userId }: Typing): void {
    const { screen } = this.#list.get(conversationId) ?? {};
    if (!screen || userId === this.#context.userId) return;
    screen.members.types(userId, this.#context.now);
    this.#context.conversationChanged(conversationId);
  }
}
