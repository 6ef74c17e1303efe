/** Locks between the tabs of one browser: one holder each, until it closes or its tab is gone. */
export interface TabLocks {
  /** Calls `held` once the lock is ours. */
  acquire(name: string, held: () => void): void;
  /** Calls once nobody holds the lock. */
  whenFree(name: string, free: () => void): void;
  /** Lets go of all, and waits for none any more. */
  close(): void;
}

/** By the browser's Web Locks, which know at once when a tab is gone. */
export function webLocks(manager: LockManager): TabLocks {
  const waiting = new AbortController();
  let letGo: () => void = () => {};
  const closed = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const request = (name: string, granted: () => void | Promise<void>) => {
    // Rejects when it is called off.
    manager.request(name, { signal: waiting.signal }, granted).catch(() => {});
  };
  return {
    acquire: (name, held) =>
      request(name, () => {
        held();
        return closed;
      }),
    whenFree: request,
    close() {
      waiting.abort();
      letGo();
    },
  };
}
