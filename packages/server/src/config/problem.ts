/**
 * Something that whoever runs the server has to mend: a wrong setting, a taken port, an unwritable directory. The
 * message is one line that says what is wrong and how to mend it; the command line prints it and ends with 2.
 */
export class SetupProblem extends Error {
  override readonly name = 'SetupProblem';
}

/** The `code` of a system error (`EACCES`), or undefined for any other. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
