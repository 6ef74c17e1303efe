import type { Millis } from '@skein/chat';
import type { UserId } from '@skein/protocol';
import type { Role } from '@skein/server/parts';

/** What a token says. Signatures are shown elsewhere; here a token is its claims. */
export interface Token {
  readonly userId: UserId;
  readonly role: Role;
  /** By the server's clock. */
  readonly expiresAt: Millis;
  /** No two tokens have the same. */
  readonly serial: number;
}

export function writeToken({ userId, role, expiresAt, serial }: Token): string {
  return `${userId} ${role} ${expiresAt} ${serial}`;
}

export function readToken(text: string): Token {
  const [userId = '', role = '', expiresAt = '', serial = ''] = text.split(' ');
  return { userId, role: role as Role, expiresAt: Number(expiresAt), serial: Number(serial) };
}
