import type { Millis } from '@skein/chat';
import type { LineInput } from './input.ts';

/**
 * The connection, as far as the core cares (S1): positions are read after SUBACK, and nothing is current before they
 * have been read.
 */
export type Line =
  | { readonly name: 'down'; readonly since: Millis }
  | { readonly name: 'subscribing' }
  /** Subscribed: the list, and with it all positions, is being read. */
  | { readonly name: 'reading' }
  | { readonly name: 'current' };

type LineEvent = Exclude<LineInput['type'], 'received'> | 'listed';

const transitions: Record<LineEvent, Partial<Record<Line['name'], Exclude<Line['name'], 'down'>>>> = {
  // Also when nobody said that the connection before had ended.
  connected: {
    down: 'subscribing',
    subscribing: 'subscribing',
    reading: 'subscribing',
    current: 'subscribing',
  },
  subscribed: { subscribing: 'reading' },
  listed: { reading: 'current' },
  disconnected: {},
};

/** The line after an event; the same object when the event means nothing to it. */
export function afterEvent(line: Line, event: LineEvent, now: Millis): Line {
  if (event === 'disconnected') return line.name === 'down' ? line : { name: 'down', since: now };
  const name = transitions[event][line.name];
  return name === undefined ? line : { name };
}
