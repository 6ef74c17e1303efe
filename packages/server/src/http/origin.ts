/**
 * Whether a page of this origin may call and connect: the server's own (what the browser calls `Host`, with any
 * scheme, since TLS may end before us), or one of the settings' list. Programs that are no browsers send none.
 *
 * Rights come from tokens, which no browser attaches by itself; this keeps pages of others from using a token that
 * they got hold of, and their visitors' browsers from being used to try.
 */
export function isAllowedOrigin(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
): boolean {
  if (origin === undefined || allowed.includes(origin)) return true;
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
