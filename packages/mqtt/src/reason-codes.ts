/** The reason codes of MQTT 5 (2.4) that this project names. */
export const ReasonCode = {
  success: 0x00,
  disconnectWithWill: 0x04,
  noMatchingSubscribers: 0x10,
  unspecifiedError: 0x80,
  malformedPacket: 0x81,
  protocolError: 0x82,
  implementationSpecificError: 0x83,
  unsupportedProtocolVersion: 0x84,
  clientIdNotValid: 0x85,
  badUserNameOrPassword: 0x86,
  notAuthorized: 0x87,
  serverUnavailable: 0x88,
  serverBusy: 0x89,
  banned: 0x8a,
  serverShuttingDown: 0x8b,
  badAuthenticationMethod: 0x8c,
  keepAliveTimeout: 0x8d,
  sessionTakenOver: 0x8e,
  packetIdNotFound: 0x92,
  packetTooLarge: 0x95,
  quotaExceeded: 0x97,
  retainNotSupported: 0x9a,
  connectionRateExceeded: 0x9f,
} as const;

/** From here on a reason code is a failure (2.4). */
export const FIRST_FAILURE = 0x80;

/** The reason codes each packet of MQTT 5 may carry (tables 3-1 to 3-13). */
const PERMITTED = {
  connack: [
    0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99,
    0x9a, 0x9b, 0x9c, 0x9d, 0x9f,
  ],
  puback: [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99],
  pubrec: [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99],
  pubrel: [0x00, 0x92],
  pubcomp: [0x00, 0x92],
  suback: [0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2],
  unsuback: [0x00, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91],
  disconnect: [
    0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96,
    0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2,
  ],
  auth: [0x00, 0x18, 0x19],
} as const satisfies Record<string, readonly number[]>;

export type ReasonedPacket = keyof typeof PERMITTED;

const tables = Object.fromEntries(
  Object.entries(PERMITTED).map(([type, codes]) => {
    const table = new Uint8Array(256);
    for (const code of codes) table[code] = 1;
    return [type, table];
  }),
) as Record<ReasonedPacket, Uint8Array>;

/** Whether MQTT 5 lets a packet of this type carry this reason code. */
export function permitsReasonCode(type: ReasonedPacket, code: number): boolean {
  return tables[type][code] === 1;
}

/** The CONNACK return code of MQTT 3.1.1 (table 3.1) that says what a reason code of MQTT 5 says. */
export function returnCodeOf(reasonCode: number): number {
  switch (reasonCode) {
    case ReasonCode.success:
      return 0;
    case ReasonCode.unsupportedProtocolVersion:
      return 1;
    case ReasonCode.clientIdNotValid:
      return 2;
    case ReasonCode.serverUnavailable:
    case ReasonCode.serverBusy:
    case ReasonCode.serverShuttingDown:
    case ReasonCode.quotaExceeded:
    case ReasonCode.connectionRateExceeded:
      return 3;
    case ReasonCode.badUserNameOrPassword:
      return 4;
    default:
      return 5;
  }
}

/** The reverse of {@link returnCodeOf}. */
export function reasonCodeOf(returnCode: number): number {
  switch (returnCode) {
    case 0:
      return ReasonCode.success;
    case 1:
      return ReasonCode.unsupportedProtocolVersion;
    case 2:
      return ReasonCode.clientIdNotValid;
    case 3:
      return ReasonCode.serverUnavailable;
    case 4:
      return ReasonCode.badUserNameOrPassword;
    default:
      return ReasonCode.notAuthorized;
  }
}
