import type { Millis } from '@skein/chat';
import type { Clock } from '../device/clock.ts';
import type { TabLocks } from './locks.ts';

/** Who holds a lock answers at once, unless it is gone. Messages between tabs are not slowed in the background, as timers are. */
const silenceMs: Millis = 300;

type LockMessage =
  | { readonly type: 'may I'; readonly lock: string; readonly asker: string; readonly since: Millis }
  | { readonly type: 'no'; readonly lock: string; readonly asker: string }
  | { readonly type: 'free'; readonly lock: string };

/** What is needed of a BroadcastChannel. */
export interface LockChannel {
  postMessage(message: LockMessage): void;
  onmessage: ((event: { data: LockMessage }) => void) | null;
  close(): void;
}

interface Wanted {
  readonly since: Millis;
  readonly got: () => void;
  /** Only to learn that nobody holds it. */
  readonly isProbe: boolean;
  isHeld: boolean;
  callOff: () => void;
}

/**
 * Locks for browsers without Web Locks: a tab asks the others, and has the lock when nobody says no. A tab that does
 * not answer for so long counts as gone; should it wake up, two tabs lead for a while, which costs a connection and
 * nothing else: each send has one key (I1), and rows that both write are both true.
 *
 * @param me unguessable, this tab's own
 */
export function askingLocks(channel: LockChannel, clock: Clock, me: string): TabLocks {
  const wanted = new Map<string, Wanted>();

  const ask = (lock: string, want: Wanted): void => {
    channel.postMessage({ type: 'may I', lock, asker: me, since: want.since });
    want.callOff();
    want.callOff = clock.at(clock.now() + silenceMs, () => {
      want.isHeld = !want.isProbe;
      if (want.isProbe) wanted.delete(lock);
      want.got();
    });
  };

  const askLater = (lock: string, want: Wanted): void => {
    want.callOff();
    want.callOff = clock.at(clock.now() + silenceMs, () => ask(lock, want));
  };

  const want = (lock: string, isProbe: boolean, got: () => void): void => {
    const one: Wanted = { since: clock.now(), got, isProbe, isHeld: false, callOff: () => {} };
    wanted.set(lock, one);
    ask(lock, one);
  };

  channel.onmessage = ({ data }) => {
    const mine = wanted.get(data.lock);
    if (mine === undefined) return;
    if (data.type === 'may I') {
      if (mine.isProbe) return;
      const isBefore = mine.since < data.since || (mine.since === data.since && me < data.asker);
      if (mine.isHeld || isBefore) channel.postMessage({ type: 'no', lock: data.lock, asker: data.asker });
      // Who came before us may not have heard our own question.
      else askLater(data.lock, mine);
    } else if (data.type === 'free') {
      if (!mine.isHeld) ask(data.lock, mine);
    } else if (data.asker === me && !mine.isHeld) {
      askLater(data.lock, mine);
    }
  };

  return {
    acquire: (lock, held) => want(lock, false, held),
    whenFree: (lock, free) => want(lock, true, free),
    close() {
      channel.onmessage = null;
      for (const [lock, { callOff, isHeld }] of wanted) {
        callOff();
        if (isHeld) channel.postMessage({ type: 'free', lock });
      }
      wanted.clear();
      channel.close();
    },
  };
}
