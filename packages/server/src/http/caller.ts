import {
  Code,
  type ConnectError,
  type ContextValues,
  createContextKey,
  createContextValues,
  type HandlerContext,
} from '@connectrpc/connect';
import { isRefusal, refusal, type UserId } from '@skein/protocol';
import type { Authenticator, Identity } from '../auth/identity.ts';
import type { Store } from '../store/store.ts';
import { asConnectError } from './refused.ts';

const callerKey = createContextKey<Identity | undefined>(undefined);

/** Who makes a call; there is one wherever {@link admitCaller} has run. */
export function callerOf(context: { readonly values: ContextValues }): Identity {
  const caller = context.values.get(callerKey);
  if (caller === undefined) throw new Error('a call was handled before its caller was admitted');
  return caller;
}

/** What a call of this caller is handled with, where no HTTP request brings it. */
export function contextOf(caller: Identity): { readonly values: ContextValues } {
  return { values: createContextValues().set(callerKey, caller) };
}

/** Lets in whoever bears a valid token, before any of the request's body is read. */
export function admitCaller(authenticator: Authenticator, store: Store) {
  const seen = new SeenUsers(store);
  return async (context: HandlerContext): Promise<void> => {
    const [, token] = /^Bearer +(\S+)$/i.exec(context.requestHeader.get('authorization') ?? '') ?? [];
    if (token === undefined) throw unauthenticated('a call needs the header "Authorization: Bearer {token}"');
    const identity = await authenticator.authenticate(token);
    if (isRefusal(identity)) {
      throw identity.refused === 'NOT_ALLOWED' ? unauthenticated(identity.reason) : asConnectError(identity);
    }
    await seen.tell(identity);
    context.values.set(callerKey, identity);
  };
}

function unauthenticated(reason: string): ConnectError {
  const error = asConnectError(refusal('NOT_ALLOWED', reason), Code.Unauthenticated);
  error.metadata.set('www-authenticate', 'Bearer');
  return error;
}

/** Enough for the callers of some minutes; telling the store once too often is harmless. */
const maxSeen = 10_000;

/** Tells the store of a user when it is new to us, or its role or name is another than last time. */
class SeenUsers {
  private readonly store: Store;
  private readonly seen = new Map<UserId, string>();

  constructor(store: Store) {
    this.store = store;
  }

  async tell({ userId, role, name }: Identity): Promise<void> {
    const facts = `${role} ${name ?? ''}`;
    if (this.seen.get(userId) === facts) return;
    await this.store.register({ userId, role }, name);
    if (this.seen.size >= maxSeen) this.seen.clear();
    this.seen.set(userId, facts);
  }
}
