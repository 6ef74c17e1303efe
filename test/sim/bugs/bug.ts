import type { Audience, Store } from '@skein/server/parts';
import type { Sync } from '@skein/sync';
import type { Random } from '@skein/testkit';
import type { Agenda } from '../agenda.ts';
import type { DeviceStorage } from '../device/device-storage.ts';
import type { World } from '../world.ts';

/**
 * A mistake put into the world on purpose, from the outside: what is simulated knows nothing of it. A simulator that
 * does not catch it would not catch one like it that somebody makes.
 */
export interface Bug {
  /** What is wrong, as a sentence. */
  readonly name: string;
  /** The server's store, on its way between the disk and the server. */
  readonly store?: (store: Store, world: World) => Store;
  /** Between what is committed and the sessions. */
  readonly audience?: (audience: Audience, world: World) => Audience;
  /** The client's core. */
  readonly core?: () => Sync;
  /** A device's storage. */
  readonly storage?: (agenda: Agenda, random: Random) => DeviceStorage;
  /** When the server's process ends. */
  readonly serverEnds?: (world: World) => void;
  /** A restored backup does not get an epoch of its own. */
  readonly keepsEpoch?: boolean;
  /** Revoked tokens go on to hold. */
  readonly ignoresRevocation?: boolean;
}

/** The store with some of its methods replaced. */
export function withMethods(store: Store, methods: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, name: keyof Store) {
      const value = methods[name] ?? target[name];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
