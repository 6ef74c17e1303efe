/** Locks between the tabs of one browser: one holder each, until it lets go or its tab is gone. */
export interface TabLocks {
  /** Calls `held` once the lock is ours. Answers how to let go, or to stop waiting. */
  acquire(name: string, held: () => void): () => void;
  /** Calls once nobody holds the lock. */
  whenFree(name: string, free: () => void): void;
}

/** By the browser's Web Locks, which know at once when a tab is gone. */
export function webLocks(manager: LockManager): TabLocks {
  return {
    acquire(name, held) {
      const waiting = new AbortController();
      let letGo: () => void = () => {};
      manager
        .request(name, { signal: waiting.signal }, () => {
          held();
          return new Promise<void>((resolve) => {
            letGo = resolve;
          });
        })
        // Aborted while it waited.
        .catch(() => {});
      return () => {
        waiting.abort();
        letGo();
      };
    },
    whenFree(name, free) {
      manager.request(name, free).catch(() => {});
    },
  };
}
