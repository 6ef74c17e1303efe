let last = 1_000;

/** A user that no test has had before. */
export function newUser(): string {
  last += 1;
  return String(last);
}
