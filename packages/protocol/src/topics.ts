import { isUserId, type UserId } from './ids.ts';

/** The topics of the wire: `skein/v1/{user}/out/{name}` and `skein/v1/{user}/in/{name}`. */

export const outNames = ['message', 'service', 'receipt', 'typing'] as const;
export const inNames = [
  'message',
  'service',
  'ack',
  'receipt',
  'unread',
  'feed',
  'typing',
  'presence',
  'notice',
] as const;

export type OutName = (typeof outNames)[number];
export type InName = (typeof inNames)[number];

const prefix = 'skein/v1/';

export function outTopic(user: UserId, name: OutName): string {
  return `${prefix}${user}/out/${name}`;
}

export function inTopic(user: UserId, name: InName): string {
  return `${prefix}${user}/in/${name}`;
}

/** The filter of all of one's own `in/` topics, those of later versions too. */
export function inFilter(user: UserId): string {
  return `${prefix}${user}/in/#`;
}

/** Whose topic it is, and which; undefined for any other topic. */
export function parseOutTopic(topic: string): { user: UserId; name: OutName } | undefined {
  if (!topic.startsWith(prefix)) return undefined;
  const userEnd = topic.indexOf('/', prefix.length);
  if (userEnd < 0 || !topic.startsWith('/out/', userEnd)) return undefined;
  const user = topic.slice(prefix.length, userEnd);
  const name = outNames.find((known) => known === topic.slice(userEnd + 5));
  return name && isUserId(user) ? { user, name } : undefined;
}

/**
 * The names of one's own `in/` topics that a subscription's filter matches: an exact topic, `in/+` or `in/#`.
 * Undefined when the filter reaches, or could reach, anything else: such a subscription is not allowed.
 */
export function matchInFilter(user: UserId, filter: string): readonly InName[] | undefined {
  const own = `${prefix}${user}/in`;
  if (!filter.startsWith(own)) return undefined;
  const rest = filter.slice(own.length);
  // '#' also matches the parent level, but nothing is ever published to `.../in` itself.
  if (rest === '/#' || rest === '/+') return inNames;
  const exact = inNames.find((name) => rest === `/${name}` || rest === `/${name}/#`);
  return exact ? [exact] : undefined;
}
