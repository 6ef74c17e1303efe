import {
  Code,
  type ConnectError,
  type ContextValues,
  createContextKey,
  createContextValues,
  type HandlerContext,
} from '@connectrpc/connect';
import { isRefusal, refusal } from '@skein/protocol';
import type { Authenticator, Identity } from '../auth/identity.ts';
import type { Store } from '../store/store.ts';
import type { CallAllowance } from './call-allowance.ts';
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

/** Lets in whoever bears a valid token and has not called too often, before any of the request's body is read. */
export function admitCaller(authenticator: Authenticator, store: Store, allowance: CallAllowance) {
  return async (context: HandlerContext): Promise<void> => {
    const [, token] = /^Bearer +(\S+)$/i.exec(context.requestHeader.get('authorization') ?? '') ?? [];
    if (token === undefined) throw unauthenticated('a call needs the header "Authorization: Bearer {token}"');
    const identity = await authenticator.authenticate(token);
    if (isRefusal(identity)) {
      throw identity.refused === 'NOT_ALLOWED' ? unauthenticated(identity.reason) : asConnectError(identity);
    }
    const refused = allowance.take(identity.userId, context.method.localName);
    if (refused) throw asConnectError(refused);
    await store.register(identity, identity.name);
    context.values.set(callerKey, identity);
  };
}

function unauthenticated(reason: string): ConnectError {
  const error = asConnectError(refusal('NOT_ALLOWED', reason), Code.Unauthenticated);
  error.metadata.set('www-authenticate', 'Bearer');
  return error;
}
