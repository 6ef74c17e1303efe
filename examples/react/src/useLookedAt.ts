import { useSyncExternalStore } from 'react';

/** Whether somebody has this page before them. */
export function useLookedAt(): boolean {
  return useSyncExternalStore(subscribe, isLookedAt);
}

function isLookedAt(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus();
}

function subscribe(changed: () => void): () => void {
  const events = ['focus', 'blur', 'visibilitychange'];
  for (const event of events) addEventListener(event, changed);
  return () => {
    for (const event of events) removeEventListener(event, changed);
  };
}
