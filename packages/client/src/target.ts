import {
  directConversation,
  groupConversation,
  isUserId,
  maxServiceType,
  parseConversationId,
  serviceConversation,
} from '@skein/protocol';
import { SkeinError } from './error.ts';

/** A team of the service: one of the schema's, or the number of the installation's own (100 and up). */
export type ServiceTeam = 'PRESALE' | 'AFTERSALE' | 'COMPLAINT' | number;

/** Whom a conversation is with. Ids are decimal strings. */
export type Target =
  | { readonly person: string }
  | { readonly group: string }
  /** For a customer: the team alone. For an agent: and whose conversation with it. */
  | { readonly service: ServiceTeam; readonly customer?: string }
  | { readonly conversationId: string };

const teams = { PRESALE: 1, AFTERSALE: 2, COMPLAINT: 3 };

/** @throws SkeinError MISUSE at ids that are none */
export function checkTarget(target: Target): void {
  conversationIdOf(target, '1');
}

/** @param me the user's own id */
export function conversationIdOf(target: Target, me: string): string {
  if ('person' in target) return directConversation(me, userId(target.person));
  if ('group' in target) return groupConversation(userId(target.group));
  if ('service' in target) return serviceConversation(userId(target.customer ?? me), teamOf(target.service));
  if (parseConversationId(target.conversationId)) return target.conversationId;
  throw new SkeinError('MISUSE', `"${target.conversationId}" is no conversation id, as "dm:1001:1002" is`);
}

function userId(id: string): string {
  if (isUserId(id)) return id;
  throw new SkeinError('MISUSE', `"${id}" is no id: ids are unsigned 64-bit numbers in decimal, as strings`);
}

function teamOf(service: ServiceTeam): number {
  const team = typeof service === 'string' ? teams[service] : service;
  if (Number.isInteger(team) && team >= 1 && team <= maxServiceType) return team;
  throw new SkeinError('MISUSE', `${service} is no team: PRESALE, AFTERSALE, COMPLAINT, or a number from 1`);
}
