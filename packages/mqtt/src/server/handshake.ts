import type { ConnackPacket } from '../codec/connack.ts';
import type { ConnectPacket } from '../codec/connect.ts';
import { ReasonCode } from '../reason-codes.ts';
import type { AcceptInput, ServerConnectionOptions } from './surface.ts';

/** The keep-alive that holds for this client; 0 is none. */
export function keepAliveS(connect: ConnectPacket, maxKeepAliveS: number): number {
  const asked = connect.keepAliveS;
  // 3.1.1 has no way to tell the client another.
  if (connect.version === 4) return asked;
  return asked === 0 || asked > maxKeepAliveS ? maxKeepAliveS : asked;
}

/** Why a CONNECT that is well formed cannot be accepted whatever the shell thinks of it, if so. */
export function refusalOf(connect: ConnectPacket): { reasonCode: number; reason: string } | undefined {
  if (connect.version === 4) {
    if (connect.clientId !== '' || connect.cleanStart) return undefined;
    return {
      reasonCode: ReasonCode.clientIdNotValid,
      reason: 'no client id without Clean Session [MQTT-3.1.3-8]',
    };
  }
  if (connect.authenticationMethod !== undefined) {
    const reason = 'no extended authentication here; give a user name and a password [MQTT-4.12.0-1]';
    return { reasonCode: ReasonCode.badAuthenticationMethod, reason };
  }
  if (connect.will?.retain) {
    return { reasonCode: ReasonCode.retainNotSupported, reason: 'no retained messages here [MQTT-3.2.2-13]' };
  }
  return undefined;
}

/** The CONNACK that accepts, with what this server does not do (3.2.2.3). */
export function connack(
  options: ServerConnectionOptions,
  connect: ConnectPacket,
  accept: AcceptInput,
): ConnackPacket {
  const base = {
    type: 'connack',
    sessionPresent: accept.sessionPresent,
    reasonCode: ReasonCode.success,
  } as const;
  if (connect.version === 4) return base;
  const { assignedClientId, sessionExpiryS, userProperties } = accept;
  const keptAliveS = keepAliveS(connect, options.maxKeepAliveS);
  return {
    ...base,
    receiveMaximum: options.receiveMaximum,
    maximumPacketSize: options.maxPacketSize,
    retainAvailable: false,
    wildcardSubscriptionAvailable: true,
    subscriptionIdentifiersAvailable: false,
    sharedSubscriptionAvailable: false,
    ...(options.topicAliasMaximum && { topicAliasMaximum: options.topicAliasMaximum }),
    ...(keptAliveS !== connect.keepAliveS && { serverKeepAliveS: keptAliveS }),
    ...(sessionExpiryS !== undefined &&
      sessionExpiryS !== (connect.sessionExpiryS ?? 0) && { sessionExpiryS }),
    ...(assignedClientId !== undefined && { assignedClientId }),
    ...(userProperties !== undefined && { userProperties }),
  };
}
