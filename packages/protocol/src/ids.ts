/**
 * 64-bit ids. Outside the hot path an id is a decimal string, as on the wire's JSON side, because a JavaScript
 * number rounds from 2^53 on.
 */

/** An unsigned 64-bit number in decimal, without sign or leading zeros. */
export type Uint64Text = string;

/** A user's id; never "0". */
export type UserId = Uint64Text;

export const maxUint64 = (1n << 64n) - 1n;

const canonical = /^(?:0|[1-9][0-9]{0,19})$/;

export function isUint64(text: string): boolean {
  return canonical.test(text) && (text.length < 20 || BigInt(text) <= maxUint64);
}

export function isUserId(text: string): boolean {
  return text !== '0' && isUint64(text);
}

/** Orders two decimal ids by value. */
export function compareUint64(a: Uint64Text, b: Uint64Text): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The bits of an unsigned 64-bit number as the signed one that databases store. */
export function toSigned64(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

/** The inverse of {@link toSigned64}. */
export function fromSigned64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
