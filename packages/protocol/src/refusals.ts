/**
 * Why a send or call was refused: one closed list for MQTT and HTTP. The numbers are those of `Ack.code`; the reason
 * codes are MQTT 5's.
 */
export const refusals = {
  NOT_ALLOWED: { code: 1, reasonCode: 0x87 },
  MALFORMED: { code: 2, reasonCode: 0x99 },
  TOO_LARGE: { code: 3, reasonCode: 0x97 },
  RATE_LIMITED: { code: 4, reasonCode: 0x97 },
  CONFLICT: { code: 5, reasonCode: 0x83 },
  CLOSED: { code: 6, reasonCode: 0x83 },
  UNAVAILABLE: { code: 7, reasonCode: 0x83 },
} as const;

export type RefusalName = keyof typeof refusals;

/** Nothing of what was refused is stored or shown to anybody. */
export interface Refusal {
  readonly refused: RefusalName;
  /** What, why and what to do, for a developer to read; never contains content. */
  readonly reason: string;
}

export function refusal(refused: RefusalName, reason: string): Refusal {
  return { refused, reason };
}

export function isRefusal(value: object): value is Refusal {
  return 'refused' in value;
}
