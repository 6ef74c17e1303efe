import type { Millis } from '@skein/chat';
import {
  type CloseEffect,
  type ConnectPacket,
  ReasonCode,
  ServerConnection,
  type ServerConnectionOptions,
  type ServerEffect,
  type SubscribePacket,
  type UnsubscribePacket,
} from '@skein/mqtt';
import type { Identity } from '../../auth/identity.ts';
import type { Outcome } from '../../store/store.ts';
import type { DeliveryMark, Link, Session } from '../session.ts';
import { isDenial } from './admission.ts';
import { Flow } from './flow.ts';
import type { Gateway } from './gateway.ts';
import { settlementOf } from './settlement.ts';
import { subscribe, unsubscribe } from './subscribing.ts';
import { TokenWatch } from './token-watch.ts';
import type { Transport } from './transport.ts';

const tryAgain = 'the server cannot serve you now: try again';
const expired = 'the token has expired: connect with a new one';

interface Member {
  readonly identity: Identity;
  readonly session: Session;
  readonly will: ConnectPacket['will'];
  readonly willDelayMs: Millis;
  readonly token: TokenWatch;
}

/** One client's connection: the transport's bytes into the MQTT machine, and its effects carried out. */
export class Connection implements Link {
  private readonly gateway: Gateway;
  private readonly transport: Transport;
  private readonly machine: ServerConnection;
  private member: Member | undefined;
  private closed = false;
  private readonly flow: Flow;
  private readingPaused = false;
  private flushAsked = false;
  private carryingOut = false;
  /** Bytes, about, that were handed to the machine since the last flush. */
  private unflushedBytes = 0;

  constructor(gateway: Gateway, transport: Transport, options: ServerConnectionOptions) {
    this.gateway = gateway;
    this.transport = transport;
    this.machine = new ServerConnection(options, gateway.timers.now());
    this.flow = new Flow(transport, gateway.settings.limits);
    transport.on({
      bytes: (chunk) => this.receive(chunk),
      drained: () => this.guarded(() => this.relieve()),
      closed: () => this.guarded(() => this.transportClosed()),
    });
  }

  get identity(): Identity | undefined {
    return this.member?.identity;
  }

  /** Time that only grows (L4). */
  private get now(): Millis {
    return this.gateway.timers.now();
  }

  private receive(chunk: Uint8Array): void {
    this.guarded(() => {
      this.machine.handle({ type: 'bytes', chunk }, this.now);
      this.carryOut();
    });
  }

  /** An error of ours ends this connection, and no other. */
  private guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.fail(error);
    }
  }

  /**
   * Carries out what the machine asks for, and sends what it has to say. What is answered at once gives the machine
   * more to ask for: that is left to the loop that runs already, since thousands of small packets may come in one read.
   */
  private carryOut(): void {
    if (this.carryingOut) return;
    this.carryingOut = true;
    try {
      for (let effect = this.machine.nextEffect(); effect; effect = this.machine.nextEffect()) {
        this.apply(effect);
      }
    } finally {
      this.carryingOut = false;
    }
    this.askToFlush();
    this.heedPauses();
  }

  private apply(effect: ServerEffect): void {
    switch (effect.type) {
      case 'publish':
        this.publish(effect.packet);
        break;
      case 'delivered':
        this.delivered(effect.token as DeliveryMark | undefined);
        break;
      case 'connect':
        this.meet(effect.packet).catch((error) => this.fail(error));
        break;
      case 'subscribe':
        this.subscribe(effect.packet).catch((error) => this.fail(error));
        break;
      case 'unsubscribe':
        this.unsubscribe(effect.packet);
        break;
      case 'close':
        this.close(effect);
        break;
      default:
        effect satisfies never;
    }
  }

  /** Something of ours did not work: the client may try again. */
  private fail(error: unknown): void {
    this.gateway.onTrouble(error);
    try {
      if (this.member) this.disconnect(ReasonCode.unspecifiedError, tryAgain);
      else this.refuse(ReasonCode.serverUnavailable, tryAgain);
    } catch {
      // Not even that: there was no CONNECT to answer, or the machine itself is at fault.
      this.transport.destroy();
    }
  }

  private async meet(packet: ConnectPacket): Promise<void> {
    const admission = await this.gateway.admit(packet, this);
    // The client may have gone while its token was looked at.
    if (this.closed) {
      if (!isDenial(admission)) this.gateway.leave(admission.session, this);
      return;
    }
    if (isDenial(admission)) {
      this.refuse(admission.reasonCode, admission.reason);
      return;
    }
    const { identity, session, accept } = admission;
    const willDelayMs = Math.min(packet.will?.willDelayS ?? 0, session.expiryS) * 1_000;
    this.member = {
      identity,
      session,
      will: packet.will,
      willDelayMs,
      token: new TokenWatch(identity.expiresAt),
    };
    this.machine.handle(accept, this.now);
    session.attach(this);
    this.carryOut();
    session.resume();
    // Its subscriptions are those of before: nobody will ask for them again.
    if (accept.sessionPresent) await this.gateway.announceTo(session);
  }

  private refuse(reasonCode: number, reason: string): void {
    this.machine.handle({ type: 'refuse', reasonCode, reason }, this.now);
    this.carryOut();
  }

  /** Ends the connection with a word about it. */
  disconnect(reasonCode: number, reason: string): void {
    this.machine.handle({ type: 'disconnect', reasonCode, reason }, this.now);
    this.carryOut();
  }

  private publish(packet: Extract<ServerEffect, { type: 'publish' }>['packet']): void {
    if (!this.member) return;
    const { packetId, qos } = packet;
    this.gateway.publishing.receive(packet.topic, packet.payload, this.member, (outcome) => {
      if (qos === 0 || packetId === undefined || this.closed) return;
      this.acknowledge(packetId, outcome);
    });
  }

  private acknowledge(packetId: number, outcome: Outcome | undefined): void {
    const settlement = settlementOf(outcome, this.machine.version);
    this.machine.handle({ type: 'acknowledge', packetId, ...settlement }, this.now);
    this.carryOut();
  }

  private delivered(mark: DeliveryMark | undefined): void {
    if (!this.member) return;
    const { session, identity } = this.member;
    if (mark && !session.sendsReceipts) {
      this.gateway.chat.deliveredSoon(identity.userId, mark.conversationId, mark.seq);
    }
    session.resume();
  }

  private async subscribe(packet: SubscribePacket): Promise<void> {
    if (!this.member) return;
    const { session, identity } = this.member;
    const reasonCodes =
      this.gateway.publishing.signal(identity) > 0
        ? packet.subscriptions.map(() => ReasonCode.quotaExceeded)
        : await subscribe(session, packet, this.gateway.store);
    this.machine.handle({ type: 'subscribed', packetId: packet.packetId, reasonCodes }, this.now);
    this.carryOut();
    this.gateway.sessions.save(session);
    await this.gateway.announceTo(session);
  }

  private unsubscribe(packet: UnsubscribePacket): void {
    if (!this.member) return;
    const { session } = this.member;
    const reasonCodes = unsubscribe(session, packet);
    this.machine.handle({ type: 'unsubscribed', packetId: packet.packetId, reasonCodes }, this.now);
    this.carryOut();
    this.gateway.sessions.save(session);
  }

  canTake(qos: 0 | 1): boolean {
    if (this.unflushedBytes + this.transport.unsent > this.gateway.settings.limits.unsentBytes) return false;
    return !this.flow.congested && !this.closed && (qos === 0 || this.machine.credit > 0);
  }

  send(topic: Uint8Array, payload: Uint8Array, qos: 0 | 1, mark?: DeliveryMark, packetId?: number): void {
    this.unflushedBytes += payload.length;
    this.machine.handle(
      {
        type: 'deliver',
        topic,
        payload,
        qos,
        token: mark,
        ...(packetId !== undefined && { packetId, dup: true }),
      },
      this.now,
    );
    this.askToFlush();
  }

  inflight(): { packetId: number; mark: DeliveryMark | undefined }[] {
    return this.machine
      .inflight()
      .map(({ packetId, token }) => ({ packetId, mark: token as DeliveryMark | undefined }));
  }

  /** All that is written in this turn leaves in one piece. */
  private askToFlush(): void {
    if (this.flushAsked) return;
    this.flushAsked = true;
    this.gateway.flushSoon(this);
  }

  /** Called once at the end of the turn. */
  flush(): void {
    this.guarded(() => this.write());
  }

  private write(): void {
    this.flushAsked = false;
    this.unflushedBytes = 0;
    const output = this.machine.takeOutput();
    if (output) this.transport.write(output);
    if (this.closed) {
      this.transport.end();
      return;
    }
    this.flow.written(this.now);
    this.heedPauses();
  }

  /** What was unsent has left, or enough of it. */
  private relieve(): void {
    if (!this.flow.drained()) return;
    this.heedPauses();
    this.member?.session.resume();
  }

  /** Who does not read is not read from either. */
  private heedPauses(): void {
    const pause = this.flow.congested || this.machine.paused;
    if (pause === this.readingPaused || this.closed) return;
    this.readingPaused = pause;
    if (pause) this.transport.pause();
    else this.transport.resume();
  }

  /** Whatever time brings: deadlines of MQTT, the token's end, a reader that takes nothing. */
  tick(now: Millis): void {
    this.guarded(() => this.passTime(now));
  }

  private passTime(now: Millis): void {
    const deadline = this.machine.deadline();
    if (deadline !== undefined && now >= deadline) {
      this.machine.handle({ type: 'tick' }, now);
      this.carryOut();
    }
    if (this.closed || !this.member) return;
    this.checkToken(this.member, this.gateway.clock());
    this.checkStall(now);
    this.member.session.resume();
  }

  private checkToken({ identity, session, token }: Member, now: Millis): void {
    const state = token.look(now, session.wants('notice'));
    if (state === 'expires soon') this.gateway.noticeExpiry(session, identity.expiresAt);
    if (state === 'expired') this.disconnect(ReasonCode.notAuthorized, expired);
  }

  private checkStall(now: Millis): void {
    this.relieve();
    if (!this.flow.isStalled(now)) return;
    this.gateway.log.info('stalled', { remote: this.transport.remote });
    this.machine.handle({ type: 'closed' }, now);
    this.carryOut();
    this.transport.destroy();
  }

  private transportClosed(): void {
    if (this.closed) return;
    this.machine.handle({ type: 'closed' }, this.now);
    this.carryOut();
  }

  private close(effect: CloseEffect): void {
    this.closed = true;
    const { member } = this;
    const { cause, reasonCode, reason } = effect;
    this.gateway.log.debug('connection_closed', { cause, reasonCode, reason, user: member?.identity.userId });
    if (member) {
      if (effect.sessionExpiryS !== undefined) {
        member.session.expiryS = Math.min(effect.sessionExpiryS, this.gateway.settings.limits.sessionExpiryS);
      }
      member.session.received = this.machine.received();
      this.gateway.leave(member.session, this);
      // A1: not of somebody whose right has just ended.
      const entitled = !(cause === 'server' && reasonCode === ReasonCode.notAuthorized);
      if (effect.publishWill && entitled && member.will) this.gateway.publishWill(member, member.will);
    }
    this.gateway.forget(this);
    this.askToFlush();
  }
}
