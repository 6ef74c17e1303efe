import type { Skein } from '@skein/client';
import { createContext, createElement, type ReactNode, useContext } from 'react';

const SkeinContext = createContext<Skein | undefined>(undefined);

export interface SkeinProviderProps {
  /** Made outside of components, once for each signed-in user; closing it is its maker's. */
  readonly client: Skein;
  readonly children?: ReactNode;
}

/** Gives a client to the hooks of all components below. */
export function SkeinProvider({ client, children }: SkeinProviderProps): ReactNode {
  return createElement(SkeinContext, { value: client }, children);
}

/** The client of the nearest provider. */
export function useSkein(): Skein {
  const client = useContext(SkeinContext);
  if (client === undefined) throw new Error('there is no <SkeinProvider client={...}> above this component');
  return client;
}
