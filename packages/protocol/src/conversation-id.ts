import { compareUint64, isUint64, isUserId, type Uint64Text, type UserId } from './ids.ts';

/**
 * What a conversation id says.
 * - `dm:{smaller}:{larger}`: two people (or one with themself).
 * - `group:{id}`
 * - `cs:{customer}:{service_type}`: a customer and a team of the service.
 * - `note:{customer}:{service_type}`: the agents' private notes on it, a log of their own.
 */
export type ConversationName =
  | { readonly kind: 'dm'; readonly a: UserId; readonly b: UserId }
  | { readonly kind: 'group'; readonly groupId: Uint64Text }
  | { readonly kind: 'cs' | 'note'; readonly customer: UserId; readonly serviceType: number };

export type ConversationKind = ConversationName['kind'];

export function directConversation(a: UserId, b: UserId): string {
  return compareUint64(a, b) <= 0 ? `dm:${a}:${b}` : `dm:${b}:${a}`;
}

export function serviceConversation(customer: UserId, serviceType: number): string {
  return `cs:${customer}:${serviceType}`;
}

export function noteConversation(customer: UserId, serviceType: number): string {
  return `note:${customer}:${serviceType}`;
}

export function groupConversation(groupId: Uint64Text): string {
  return `group:${groupId}`;
}

/** Undefined for anything that is not a conversation id in its one canonical form. */
export function parseConversationId(id: string): ConversationName | undefined {
  if (id.length > 64) return undefined;
  const [kind, first = '', second = '', more] = id.split(':');
  if (more !== undefined) return undefined;
  switch (kind) {
    case 'dm':
      return isUserId(first) && isUserId(second) && compareUint64(first, second) <= 0
        ? { kind, a: first, b: second }
        : undefined;
    case 'group':
      return isUint64(first) && first !== '0' && id === `group:${first}`
        ? { kind, groupId: first }
        : undefined;
    case 'cs':
    case 'note': {
      const serviceType = parseServiceType(second);
      return isUserId(first) && serviceType ? { kind, customer: first, serviceType } : undefined;
    }
    default:
      return undefined;
  }
}

/** 1..2^31-1, or undefined. */
function parseServiceType(text: string): number | undefined {
  if (!/^[1-9][0-9]{0,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= maxServiceType ? value : undefined;
}

export const maxServiceType = 0x7fff_ffff;
