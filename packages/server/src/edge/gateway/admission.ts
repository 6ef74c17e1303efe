import { randomUUID } from 'node:crypto';
import { type AcceptInput, type ConnectPacket, ReasonCode } from '@skein/mqtt';
import { isRefusal } from '@skein/protocol';
import type { Authenticator, Identity } from '../../auth/identity.ts';
import type { Settings } from '../../config/settings.ts';
import type { Metrics } from '../../observe/metrics.ts';
import type { Store } from '../../store/store.ts';
import type { Publishing } from '../publishing.ts';
import type { Session } from '../session.ts';
import type { SessionRegistry } from '../session-registry.ts';

/** Why a CONNECT is not accepted. */
export interface Denial {
  readonly reasonCode: number;
  readonly reason: string;
}

export interface Admission {
  readonly identity: Identity;
  readonly session: Session;
  readonly accept: AcceptInput;
}

export interface AdmissionParts {
  readonly store: Store;
  readonly authenticator: Authenticator;
  readonly sessions: SessionRegistry;
  readonly publishing: Publishing;
  readonly settings: Settings;
  readonly metrics: Metrics;
}

export function isDenial(answer: object): answer is Denial {
  return 'reasonCode' in answer;
}

/** Longer than any generated id, and small enough to be kept for each session. */
const maxClientIdLength = 256;

/** Clients of 3.1.1 cannot say how long an absent session is to be kept. */
const unspecifiedExpiryS = 0xffff_ffff;

/** Who connects, if that is in order. */
export async function identify(packet: ConnectPacket, parts: AdmissionParts): Promise<Identity | Denial> {
  const { username, password } = packet;
  if (username === undefined || password === undefined) {
    return unauthorized('user name = user id, password = token: one is missing');
  }
  const identity = await parts.authenticator.authenticate(new TextDecoder().decode(password));
  if (isRefusal(identity)) {
    parts.metrics.refusals.inc({ refusal: identity.refused });
    const away = identity.refused === 'UNAVAILABLE';
    return away
      ? { reasonCode: ReasonCode.serverUnavailable, reason: identity.reason }
      : unauthorized(identity.reason);
  }
  if (identity.userId !== username) return unauthorized('the token is not of the user that is named');
  return objection(packet, identity, parts) ?? identity;
}

/** What else speaks against a CONNECT whose token holds. */
function objection(packet: ConnectPacket, identity: Identity, parts: AdmissionParts): Denial | undefined {
  const { clientId, will } = packet;
  if (clientId === '' && packet.version === 4 && !packet.cleanStart) {
    // [MQTT-3.1.3-8]
    return badClientId('a session that is to be kept needs a client id');
  }
  if (clientId.length > maxClientIdLength) {
    return badClientId(`a client id has at most ${maxClientIdLength} characters`);
  }
  if (will && parts.publishing.ownOut(will.topic, identity) === undefined) {
    return unauthorized('the will is for a topic that is not yours');
  }
  const { sessions, settings } = parts;
  const isNew = !sessions.connectedSession(identity.userId, clientId);
  if (isNew && sessions.countOf(identity.userId) >= settings.limits.sessionsPerUser) {
    return { reasonCode: ReasonCode.quotaExceeded, reason: 'too many sessions of this user: close one' };
  }
  return undefined;
}

function unauthorized(reason: string): Denial {
  return { reasonCode: ReasonCode.notAuthorized, reason };
}

function badClientId(reason: string): Denial {
  return { reasonCode: ReasonCode.clientIdNotValid, reason };
}

/** What becomes of a session when a client connects. */
export interface Succession {
  /** Ends the connection that has the session now. */
  takeOver(session: Session): void;
  /** Gives it to the new connection. In the same step in which others can find it: of two at once, one is a rival. */
  claim(session: Session): void;
}

/** The session that the client goes on with, or a new one. */
export async function resumeOrBegin(
  packet: ConnectPacket,
  identity: Identity,
  { sessions, settings, store }: AdmissionParts,
  { takeOver, claim }: Succession,
): Promise<Admission> {
  const { userId } = identity;
  const clientId = packet.clientId || randomUUID();
  const present = sessions.connectedSession(userId, clientId);
  if (present) takeOver(present);
  const recalled = packet.cleanStart ? undefined : await sessions.recall(userId, clientId);
  const session = recalled ?? (await sessions.begin(userId, clientId));
  // Another connection of this client may have come while the store was asked.
  const rival = sessions.connectedSession(userId, clientId);
  if (rival) takeOver(rival);
  session.expiryS = Math.min(expiryOf(packet), settings.limits.sessionExpiryS);
  if (saysItSendsReceipts(packet)) session.sendsReceipts = true;
  sessions.connect(session);
  claim(session);
  const accept: AcceptInput = {
    type: 'accept',
    sessionPresent: recalled !== undefined,
    sessionExpiryS: session.expiryS,
    reserved: session.resend,
    received: session.received,
    // S4: before it uses anything that it has of this store.
    userProperties: [['epoch', store.epoch]],
    ...(packet.clientId === '' && { assignedClientId: clientId }),
  };
  return { identity, session, accept };
}

/** R2: else what it acknowledges before its first receipt would count as stored on the device. */
function saysItSendsReceipts({ userProperties = [] }: ConnectPacket): boolean {
  return userProperties.some(([name, value]) => name === 'receipts' && value === '1');
}

function expiryOf(packet: ConnectPacket): number {
  if (packet.version === 5) return packet.sessionExpiryS ?? 0;
  return packet.cleanStart ? 0 : unspecifiedExpiryS;
}
