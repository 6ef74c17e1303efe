import { create, toBinary } from '@bufbuild/protobuf';
import type { Millis } from '@skein/chat';
import { type ConnectPacket, ReasonCode, type ServerConnectionOptions, SlabPool } from '@skein/mqtt';
import { limits, Notice_Kind, NoticeSchema } from '@skein/protocol';
import type { Identity } from '../../auth/identity.ts';
import type { Announcer } from '../../chat/announcer.ts';
import type { Chat } from '../../chat/chat.ts';
import type { Settings } from '../../config/settings.ts';
import type { Log } from '../../observe/log.ts';
import type { Store } from '../../store/store.ts';
import type { Cancel, Timers } from '../../timers.ts';
import type { Publisher, Publishing } from '../publishing.ts';
import type { Session } from '../session.ts';
import type { SessionRegistry } from '../session-registry.ts';
import {
  type Admission,
  type AdmissionParts,
  type Denial,
  identify,
  isDenial,
  resumeOrBegin,
} from './admission.ts';
import { Connection } from './connection.ts';
import type { Transport } from './transport.ts';
import { Wills } from './wills.ts';

export interface GatewayParts extends AdmissionParts {
  readonly chat: Chat;
  readonly announcer: Announcer;
  readonly log: Log;
  readonly clock: () => Millis;
  readonly timers: Timers;
  /** Told of errors that are ours. */
  readonly onTrouble: (error: unknown) => void;
}

/** Deadlines are looked at this often: a session ends within a second of its token's expiry. */
const tickMs: Millis = 250;

/** Positions of connected sessions are kept this often; what a crash costs is sending so much again. */
const saveIntervalMs: Millis = 5_000;

const expireIntervalMs: Millis = 60_000;
const expiredAtOnce = 1_000;

/** Where MQTT clients are met by our own listener. */
export class Gateway {
  readonly settings: Settings;
  readonly store: Store;
  readonly chat: Chat;
  readonly sessions: SessionRegistry;
  readonly publishing: Publishing;
  readonly log: Log;
  /** The time of day: of tokens and of what is stored. */
  readonly clock: () => Millis;
  readonly timers: Timers;
  readonly onTrouble: (error: unknown) => void;
  private readonly parts: GatewayParts;
  private readonly options: ServerConnectionOptions;
  private readonly connections = new Set<Connection>();
  private readonly bySession = new Map<Session, Connection>();
  /** Wills that wait for their delay. */
  private readonly wills = new Wills();
  private readonly cancels: Cancel[];
  private toFlush: Connection[] = [];
  private closing = false;

  constructor(parts: GatewayParts) {
    this.parts = parts;
    this.settings = parts.settings;
    this.store = parts.store;
    this.chat = parts.chat;
    this.sessions = parts.sessions;
    this.publishing = parts.publishing;
    this.log = parts.log;
    this.clock = parts.clock;
    this.timers = parts.timers;
    this.onTrouble = parts.onTrouble;
    this.options = {
      maxPacketSize: limits.maxPacketBytes,
      maxConnectSize: limits.maxConnectBytes,
      connectTimeoutMs: limits.connectTimeoutMs,
      receiveMaximum: limits.receiveMaximum,
      maxKeepAliveS: limits.maxKeepAliveS,
      slabPool: new SlabPool({ allocate: Buffer.allocUnsafeSlow }),
    };
    const { timers } = parts;
    this.cancels = [
      timers.every(tickMs, () => this.tick()),
      timers.every(saveIntervalMs, () => this.sessions.saveConnected().catch(this.onTrouble)),
      timers.every(expireIntervalMs, () => this.expire()),
    ];
  }

  /** A client has come in. */
  meet(transport: Transport, { puback64 }: { puback64: boolean }): void {
    if (this.closing) {
      transport.destroy();
      return;
    }
    this.connections.add(
      new Connection(this, transport, puback64 ? { ...this.options, puback64 } : this.options),
    );
    this.parts.metrics.connections.inc();
  }

  forget(connection: Connection): void {
    if (this.connections.delete(connection)) this.parts.metrics.connections.dec();
  }

  /** Who it is and which session it goes on with. */
  async admit(packet: ConnectPacket, connection: Connection): Promise<Admission | Denial> {
    const identity = await identify(packet, this.parts);
    if (isDenial(identity)) return identity;
    await this.store.register(identity, identity.name);
    return resumeOrBegin(packet, identity, this.parts, {
      takeOver: (session) => this.takeOver(session),
      claim: (session) => {
        this.bySession.set(session, connection);
        this.wills.drop(session);
      },
    });
  }

  private takeOver(session: Session): void {
    const connection = this.bySession.get(session);
    this.notice(session, Notice_Kind.TAKEN_OVER, 'another connection took this session over');
    connection?.disconnect(ReasonCode.sessionTakenOver, 'another connection took this session over');
  }

  /** A session's connection is gone. */
  leave(session: Session, connection: Connection): void {
    if (this.bySession.get(session) !== connection) return;
    this.bySession.delete(session);
    session.detach(connection);
    this.sessions.disconnect(session);
    if (!this.sessions.listens(session.userId, 'feed') && !this.sessions.listens(session.userId, 'unread')) {
      this.parts.announcer.gone(session.userId);
    }
  }

  /** What a new subscription is told at once. */
  async announceTo(session: Session): Promise<void> {
    if (session.wants('feed') || session.wants('unread'))
      await this.parts.announcer.listening(session.userId);
  }

  publishWill(
    publisher: Publisher & { willDelayMs: Millis },
    will: NonNullable<ConnectPacket['will']>,
  ): void {
    const { identity } = publisher;
    const send = () => {
      // A1: a will is a publish of the one whose token it was.
      if (identity.expiresAt <= this.clock()) return;
      this.publishing.receive(will.topic, will.payload, publisher, () => {});
    };
    const { session, willDelayMs } = publisher;
    if (willDelayMs === 0) send();
    else this.wills.add(session, { identity, send, dueAt: this.timers.now() + willDelayMs });
  }

  noticeExpiry(session: Session, at: Millis): void {
    this.notice(
      session,
      Notice_Kind.TOKEN_EXPIRES,
      'the token is about to expire: connect with a new one',
      at,
    );
  }

  private notice(session: Session, kind: Notice_Kind, text: string, at = this.clock()): void {
    session.publish(
      'notice',
      toBinary(NoticeSchema, create(NoticeSchema, { kind, text, time: String(at) })),
      0,
    );
  }

  /** A user's tokens, or one of them, no longer hold. */
  revoke(covers: (identity: Identity) => boolean): void {
    for (const connection of [...this.connections]) {
      if (connection.identity && covers(connection.identity)) {
        connection.disconnect(ReasonCode.notAuthorized, 'the token was revoked');
      }
    }
    this.wills.revoke(covers);
  }

  flushSoon(connection: Connection): void {
    if (this.toFlush.length === 0) queueMicrotask(() => this.flush());
    this.toFlush.push(connection);
  }

  private flush(): void {
    const connections = this.toFlush;
    this.toFlush = [];
    for (const connection of connections) connection.flush();
  }

  private tick(): void {
    const now = this.timers.now();
    for (const connection of this.connections) connection.tick(now);
    this.wills.tick(now);
    this.publishing.sweep(now);
  }

  private expire(): void {
    this.store.expireSessions(this.clock(), expiredAtOnce).catch(this.onTrouble);
  }

  /**
   * Takes no more clients, carries out what came, tells those who are here, and keeps their sessions. Their lines
   * end by themselves, the slow ones within the transport's linger; until then they keep the process alive.
   */
  async close(): Promise<void> {
    this.closing = true;
    for (const cancel of this.cancels) cancel();
    await this.chat.drain();
    for (const session of this.sessions.all()) {
      this.notice(
        session,
        Notice_Kind.SERVER_GOES_DOWN,
        'the server is going down: connect again in a moment',
      );
    }
    for (const connection of [...this.connections]) {
      connection.disconnect(
        ReasonCode.serverShuttingDown,
        'the server is going down: connect again in a moment',
      );
    }
    await this.chat.drain();
    await this.sessions.saveConnected();
  }
}
