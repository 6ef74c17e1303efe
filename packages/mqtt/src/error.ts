/** What can be wrong with what a peer sent, or with what we were asked to send; closed, each with the reason code of MQTT 5 to close with. */
const REASON_CODES = {
  'malformed-packet': 0x81,
  'protocol-error': 0x82,
  'unsupported-version': 0x84,
  'keep-alive-timeout': 0x8d,
  'topic-filter-invalid': 0x8f,
  'topic-name-invalid': 0x90,
  'receive-maximum-exceeded': 0x93,
  'topic-alias-invalid': 0x94,
  'packet-too-large': 0x95,
  'quota-exceeded': 0x97,
  'retain-not-supported': 0x9a,
  'shared-subscriptions-not-supported': 0x9e,
  'subscription-identifiers-not-supported': 0xa1,
  /** Not the peer's doing: the caller asked for a packet that the format cannot express. */
  'not-encodable': 0x80,
} as const;

export type MqttErrorCode = keyof typeof REASON_CODES;

/** The only error this package throws for what a peer sent, and for packets that cannot be encoded. */
export class MqttError extends Error {
  override readonly name = 'MqttError';
  readonly code: MqttErrorCode;
  /** The reason code of an MQTT 5 DISCONNECT that tells the peer. */
  readonly reasonCode: number;

  /** @param message what is wrong and which clause says so */
  constructor(code: MqttErrorCode, message: string) {
    super(message);
    this.code = code;
    this.reasonCode = REASON_CODES[code];
  }
}

export function malformed(message: string): never {
  throw new MqttError('malformed-packet', message);
}

export function protocolError(message: string): never {
  throw new MqttError('protocol-error', message);
}
