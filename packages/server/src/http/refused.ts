import { Code, ConnectError } from '@connectrpc/connect';
import { isRefusal, type Refusal, type RefusalName, refusal } from '@skein/protocol';
import { StoreUnavailable } from '../store/store.ts';

/** The response header that names the refusal, so that a client need not read the text. */
export const refusalHeader = 'skein-refusal';

const codes: Record<RefusalName, Code> = {
  NOT_ALLOWED: Code.PermissionDenied,
  MALFORMED: Code.InvalidArgument,
  TOO_LARGE: Code.ResourceExhausted,
  RATE_LIMITED: Code.ResourceExhausted,
  CONFLICT: Code.AlreadyExists,
  CLOSED: Code.FailedPrecondition,
  UNAVAILABLE: Code.Unavailable,
};

export function asConnectError({ refused, reason }: Refusal, code = codes[refused]): ConnectError {
  return new ConnectError(reason, code, { [refusalHeader]: refused });
}

/** The value, or the refusal as the call's error. */
export function granted<T extends object>(value: T | Refusal): T {
  if (isRefusal(value)) throw asConnectError(value);
  return value;
}

/** What a caller may know of a failure: that the store is away; of a mistake of ours only that there was one. */
export function asCallError(error: unknown): ConnectError {
  if (error instanceof ConnectError) return error;
  if (error instanceof StoreUnavailable) {
    return asConnectError(refusal('UNAVAILABLE', 'the store cannot answer now: try again'));
  }
  return new ConnectError('a mistake of the server: it is in its log', Code.Internal);
}

/** The call's error for an argument that cannot be meant. */
export function malformed(reason: string): ConnectError {
  return asConnectError(refusal('MALFORMED', reason));
}
