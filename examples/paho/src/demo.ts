import type { Identity } from './person.ts';

/** What `skein dev` tells this page, on loopback alone. */
export interface Demo {
  readonly people: readonly [Identity, Identity];
  readonly customer?: Identity;
  readonly agent?: Identity;
}

/** Undefined where this page is served without demo users. */
export async function fetchDemo(): Promise<Demo | undefined> {
  try {
    const response = await fetch('/demo.json');
    return response.ok ? ((await response.json()) as Demo) : undefined;
  } catch {
    return undefined;
  }
}
