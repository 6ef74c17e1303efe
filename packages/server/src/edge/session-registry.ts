import type { Millis } from '@skein/chat';
import type { InName, UserId } from '@skein/protocol';
import type { Audience, PublishOptions } from '../chat/audience.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Store, StoredEntry } from '../store/store.ts';
import { nextTurn, type Timers } from '../timers.ts';
import { Session } from './session.ts';

/** Sessions of one transaction: a millisecond or two in which nothing is acknowledged. */
const savedAtOnce = 500;

/** Absent sessions whose packet ids are still known; the others begin again from their saved position. */
const rememberedAbsent = 10_000;

interface Absent {
  readonly session: Session;
  readonly endsAt: Millis;
}

/** All sessions of this node. The connected ones are the audience of what is committed. */
export class SessionRegistry implements Audience {
  private readonly store: Store;
  private readonly clock: () => Millis;
  private readonly timers: Timers;
  private readonly metrics: Metrics;
  private readonly onTrouble: (error: unknown) => void;
  private readonly connected = new Map<UserId, Map<string, Session>>();
  private readonly absent = new Map<string, Absent>();
  private readonly unsaved = new Set<Session>();
  private saving: Promise<void> | undefined;

  constructor(
    store: Store,
    clock: () => Millis,
    timers: Timers,
    metrics: Metrics,
    onTrouble: (error: unknown) => void,
  ) {
    this.store = store;
    this.clock = clock;
    this.timers = timers;
    this.metrics = metrics;
    this.onTrouble = onTrouble;
  }

  /** The connected session of this name, which a new connection takes over. */
  connectedSession(userId: UserId, clientId: string): Session | undefined {
    return this.connected.get(userId)?.get(clientId);
  }

  sessionsOf(userId: UserId): Iterable<Session> {
    return this.connected.get(userId)?.values() ?? [];
  }

  countOf(userId: UserId): number {
    return this.connected.get(userId)?.size ?? 0;
  }

  *all(): Iterable<Session> {
    for (const sessions of this.connected.values()) yield* sessions.values();
  }

  /** An absent session that goes on, out of memory or the store; undefined when there is none. */
  async recall(userId: UserId, clientId: string): Promise<Session | undefined> {
    const key = keyOf(userId, clientId);
    const known = this.absent.get(key);
    if (known) {
      this.absent.delete(key);
      return known.endsAt <= this.clock() ? undefined : known.session;
    }
    await this.saving;
    const saved = await this.store.loadSession(userId, clientId);
    if (!saved || saved.endsAt <= this.clock()) return undefined;
    const session = new Session(userId, clientId, saved.position, this.store, this.onTrouble);
    for (const filter of saved.filters) session.subscribe(filter);
    session.sendsReceipts = saved.sendsReceipts;
    session.stored = true;
    return session;
  }

  /** A session without a past. */
  async begin(userId: UserId, clientId: string): Promise<Session> {
    this.absent.delete(keyOf(userId, clientId));
    await this.saving;
    if (await this.store.loadSession(userId, clientId)) await this.store.deleteSession(userId, clientId);
    return new Session(userId, clientId, await this.store.inboxPosition(userId), this.store, this.onTrouble);
  }

  connect(session: Session): void {
    let sessions = this.connected.get(session.userId);
    if (!sessions) {
      sessions = new Map();
      this.connected.set(session.userId, sessions);
    }
    sessions.set(session.clientId, session);
    this.metrics.sessions.inc();
  }

  disconnect(session: Session): void {
    const sessions = this.connected.get(session.userId);
    if (sessions?.get(session.clientId) !== session) return;
    sessions.delete(session.clientId);
    if (sessions.size === 0) this.connected.delete(session.userId);
    this.metrics.sessions.dec();
    if (session.expiryS === 0) {
      if (session.stored) this.end(session).catch(this.onTrouble);
      return;
    }
    const endsAt = this.clock() + session.expiryS * 1_000;
    this.absent.set(keyOf(session.userId, session.clientId), { session, endsAt });
    if (this.absent.size > rememberedAbsent) this.absent.delete(this.absent.keys().next().value!);
    this.save(session);
  }

  /** Ends a session for good that was kept before. */
  private async end(session: Session): Promise<void> {
    this.unsaved.delete(session);
    await this.saving;
    await this.store.deleteSession(session.userId, session.clientId);
  }

  /** Keeps a session that is to outlive its connection, together with others of this moment. */
  save(session: Session): void {
    if (session.expiryS === 0) return;
    session.stored = true;
    this.unsaved.add(session);
    this.saving ??= this.saveAll();
  }

  /** Keeps where the connected sessions are, if that has changed or was kept long ago. */
  async saveConnected(): Promise<void> {
    const now = this.clock();
    for (const session of this.all()) if (session.isWorthSaving(now)) this.save(session);
    await this.saving;
  }

  private async saveAll(): Promise<void> {
    while (this.unsaved.size > 0) {
      await nextTurn(this.timers);
      const now = this.clock();
      const some = [...this.unsaved].slice(0, savedAtOnce);
      for (const session of some) this.unsaved.delete(session);
      const sessions = some.map((session) => session.saved(now));
      await this.store.saveSessions(sessions).catch(this.onTrouble);
    }
    this.saving = undefined;
  }

  deliver(entry: StoredEntry, members: Iterable<UserId>): void {
    let offered = 0;
    for (const member of members) {
      const sessions = this.connected.get(member);
      if (!sessions) continue;
      for (const session of sessions.values()) {
        this.offer(session, entry);
        offered += 1;
      }
    }
    if (offered > 0) this.metrics.deliveries.inc(offered);
  }

  /** A session that cannot be served keeps no other from its entry. */
  private offer(session: Session, entry: StoredEntry): void {
    try {
      session.offer(entry);
    } catch (error) {
      this.onTrouble(error);
    }
  }

  publish(
    user: UserId,
    name: InName,
    payload: () => Uint8Array,
    { qos = 0, except }: PublishOptions = {},
  ): void {
    const sessions = this.connected.get(user);
    if (!sessions) return;
    let encoded: Uint8Array | undefined;
    for (const session of sessions.values()) {
      if (!session.wants(name) || session.origin === except) continue;
      encoded ??= payload();
      session.publish(name, encoded, qos);
    }
  }

  listens(user: UserId, name: InName): boolean {
    for (const session of this.sessionsOf(user)) if (session.wants(name)) return true;
    return false;
  }
}

function keyOf(userId: UserId, clientId: string): string {
  return `${userId} ${clientId}`;
}
