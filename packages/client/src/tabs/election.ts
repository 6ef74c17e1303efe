import type { ConnectionState } from '../connection/state.ts';
import type { Core } from '../core/core.ts';
import type { CurrentCore } from '../core/current-core.ts';
import type { Channel, TabMessage } from './channel.ts';
import { FollowerCore } from './follower-core.ts';
import { Leader } from './leader.ts';
import type { TabLocks } from './locks.ts';

export interface ElectionOptions {
  /** One election has one name: of the installation and the user. */
  readonly name: string;
  /** Unguessable, this tab's own. */
  readonly tab: string;
  readonly channel: Channel;
  readonly locks: TabLocks;
  /** Opens the core in this tab, when it leads. */
  readonly openCore: () => Promise<Core>;
  readonly current: CurrentCore;
}

/** One tab of a browser holds the connection and the outbox (Q3); the others follow it, and one of them leads when it is gone. */
export class Election {
  readonly #options: ElectionOptions;
  #leader: Leader | undefined;
  #follower: FollowerCore | undefined;
  /** The lock of this tab's name is held. */
  #isKnown = false;
  #isLeading = false;
  #closed = false;

  constructor(options: ElectionOptions) {
    this.#options = options;
    const { name, tab, channel, locks } = options;
    channel.onmessage = ({ data }) => this.#receive(data);
    // As long as this tab lives it holds the lock of its own name, by which the leader sees that it lives.
    locks.acquire(tab, () => {
      this.#isKnown = true;
      channel.postMessage({ type: 'hello', tab });
    });
    locks.acquire(name, () => this.#lead());
  }

  close(): void {
    this.#closed = true;
    this.#leader?.close();
    this.#options.channel.close();
    this.#options.locks.close();
  }

  #lead(): void {
    this.#isLeading = true;
    const { openCore, current, channel, locks, tab } = this.#options;
    openCore().then((core) => {
      if (this.#closed) {
        core.close();
        return;
      }
      this.#follower = undefined;
      current.become(core);
      this.#leader = new Leader(core, channel, locks, tab);
    });
  }

  #receive(message: TabMessage): void {
    if (this.#closed) return;
    if (message.type === 'hello' || message.type === 'command') {
      if (message.type === 'hello' && this.#leader)
        this.#options.channel.postMessage({ type: 'leading', leader: this.#options.tab });
      this.#leader?.receive(message);
    } else if (!this.#isLeading && this.#isKnown) {
      if (message.type === 'leading') this.#follow(message.leader);
      this.#follower?.receive(message);
    }
  }

  #follow(leader: string): void {
    if (this.#follower?.leader === leader) return;
    const { channel, tab, current } = this.#options;
    const line: ConnectionState = current.line();
    this.#follower = new FollowerCore(channel, tab, leader, {
      list: current.list(),
      connection: current.connection(),
      line,
    });
    current.become(this.#follower);
  }
}
