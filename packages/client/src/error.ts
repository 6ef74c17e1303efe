import { type Refusal, type RefusalName, refusals } from '@skein/protocol';

/**
 * All that can go wrong, closed:
 * - the refusals of the wire (`NOT_ALLOWED` to `UNAVAILABLE`): the server said no, and why
 * - `UNAUTHENTICATED`: there is no token, or it does not hold
 * - `OFFLINE`: the server cannot be reached, or does not answer
 * - `STORAGE`: the device does not keep what it is given
 * - `CLOSED_CLIENT`: `close()` was called before
 * - `MISUSE`: an argument that cannot be meant
 */
export type SkeinErrorCode =
  | RefusalName
  | 'UNAUTHENTICATED'
  | 'OFFLINE'
  | 'STORAGE'
  | 'CLOSED_CLIENT'
  | 'MISUSE';

/** The only error this package throws or rejects with. The message says what, why, and what to do; it never has content or tokens. */
export class SkeinError extends Error {
  override readonly name = 'SkeinError';
  readonly code: SkeinErrorCode;

  constructor(code: SkeinErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

export function refused({ refused, reason }: Refusal): SkeinError {
  return new SkeinError(refused, reason);
}

/** Of whatever was thrown, by the application or the platform, the error to show. */
export function asSkeinError(error: unknown, code: SkeinErrorCode, message: string): SkeinError {
  return error instanceof SkeinError ? error : new SkeinError(code, message, error);
}

/** What the server refused, if it is that; undefined: the way to it failed. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof SkeinError) || !isRefusalName(error.code)) return undefined;
  return { refused: error.code, reason: error.message };
}

function isRefusalName(code: SkeinErrorCode): code is RefusalName {
  return code in refusals;
}
