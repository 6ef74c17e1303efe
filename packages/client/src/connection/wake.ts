/** Tells when a device may have been asleep or without a network: timers are not to be trusted then. Answers how to stop. */
export type WatchWakes = (woken: () => void) => () => void;

/** A page that is looked at again, comes back from the cache, or whose network is back. Where there is no page: nothing. */
export const watchPage: WatchWakes = (woken) => {
  if (typeof document === 'undefined') return () => {};
  const look = () => {
    if (document.visibilityState === 'visible') woken();
  };
  document.addEventListener('visibilitychange', look);
  addEventListener('online', woken);
  addEventListener('pageshow', woken);
  return () => {
    document.removeEventListener('visibilitychange', look);
    removeEventListener('online', woken);
    removeEventListener('pageshow', woken);
  };
};
