import { create, toBinary } from '@bufbuild/protobuf';
import type { Millis, Seq } from '@skein/chat';
import { FeedChangeSchema, limits, Receipt_Kind, ReceiptSchema, type UserId } from '@skein/protocol';
import type { Store } from '../store/store.ts';
import type { Cancel, Timers } from '../timers.ts';
import type { Audience } from './audience.ts';
import { toConversationState, toUnreadStatics } from './wire.ts';

/** Lists are told at once, and then at most this often. */
const feedIntervalMs: Millis = 50;

/** So many changes of a list are told one by one; who missed more lists again. */
const mostChanges = 100;

interface Listener {
  /** The feed's version up to which the user's sessions have been told. */
  told: number;
  feedAt: Millis;
  unreadAt: Millis;
  /** Calls off the telling that is due. */
  cancel: Cancel | undefined;
}

/** Tells users' sessions what changed around their conversations: lists, unread statistics, receipts. */
export class Announcer {
  private readonly store: Store;
  private readonly audience: Audience;
  private readonly clock: () => Millis;
  private readonly timers: Timers;
  private readonly onError: (error: unknown) => void;
  private readonly listeners = new Map<UserId, Listener>();

  constructor(
    store: Store,
    audience: Audience,
    clock: () => Millis,
    timers: Timers,
    onError: (error: unknown) => void,
  ) {
    this.store = store;
    this.audience = audience;
    this.clock = clock;
    this.timers = timers;
    this.onError = onError;
  }

  /** A session subscribed to `feed` or `unread`: it is told from here on, and the statistics at once. */
  async listening(user: UserId): Promise<void> {
    const { version } = await this.store.inboxPosition(user);
    const listener = this.listeners.get(user);
    // The session may be gone by now.
    if (!this.audience.listens(user, 'feed') && !this.audience.listens(user, 'unread')) return;
    if (!listener) this.listeners.set(user, { told: version, feedAt: 0, unreadAt: 0, cancel: undefined });
    await this.tellUnread(user);
  }

  /** The user's last session that listened is gone. */
  gone(user: UserId): void {
    this.listeners.get(user)?.cancel?.();
    this.listeners.delete(user);
  }

  /** Something in the user's lists changed. */
  changed(user: UserId): void {
    const listener = this.listeners.get(user);
    if (!listener || listener.cancel) return;
    this.tellIn(Math.max(0, listener.feedAt + feedIntervalMs - this.timers.now()), user, listener);
  }

  private tellIn(delayMs: Millis, user: UserId, listener: Listener): void {
    listener.cancel = this.timers.after(delayMs, () => {
      listener.cancel = undefined;
      this.tell(user, listener).catch(this.onError);
    });
  }

  private async tell(user: UserId, listener: Listener): Promise<void> {
    const now = this.timers.now();
    listener.feedAt = now;
    if (this.audience.listens(user, 'feed')) await this.tellFeed(user, listener);
    if (!this.audience.listens(user, 'unread')) return;
    if (now - listener.unreadAt >= limits.unreadPushIntervalMs) {
      listener.unreadAt = now;
      await this.tellUnread(user);
    } else if (!listener.cancel) {
      this.tellIn(listener.unreadAt + limits.unreadPushIntervalMs - now, user, listener);
    }
  }

  private async tellFeed(user: UserId, listener: Listener): Promise<void> {
    const feed = await this.store.feed(user, listener.told, mostChanges);
    let after = listener.told;
    for (const change of feed.changes) {
      const afterVersion = String(after);
      this.audience.publish(user, 'feed', () =>
        toBinary(
          FeedChangeSchema,
          create(FeedChangeSchema, {
            feed: `user:${user}`,
            version: String(change.version),
            afterVersion,
            epoch: this.store.epoch,
            conversation: toConversationState(change),
          }),
        ),
      );
      after = change.version;
    }
    listener.told = Math.max(after, feed.more ? after : feed.version);
    if (feed.more) this.changed(user);
  }

  private async tellUnread(user: UserId): Promise<void> {
    if (!this.audience.listens(user, 'unread')) return;
    const statics = await this.store.unread(user, limits.pageConversations.usual);
    this.audience.publish(user, 'unread', () => toUnreadStatics(user, statics, this.clock()));
  }

  /** A member's position was raised: the member's devices learn of it and, unless they are many, the other members. */
  receipt(
    user: UserId,
    conversationId: string,
    kind: 'delivered' | 'read',
    seq: Seq,
    members: readonly UserId[],
  ): void {
    let payload: Uint8Array | undefined;
    const encode = () => {
      payload ??= toBinary(
        ReceiptSchema,
        create(ReceiptSchema, {
          conversationId,
          userId: user,
          kind: kind === 'read' ? Receipt_Kind.READ : Receipt_Kind.DELIVERED,
          seq: String(seq),
          time: String(this.clock()),
        }),
      );
      return payload;
    };
    const told = members.length > limits.maxReceiptMembers ? [user] : members;
    for (const member of told) this.audience.publish(member, 'receipt', encode);
  }

  close(): void {
    for (const listener of this.listeners.values()) listener.cancel?.();
    this.listeners.clear();
  }
}
