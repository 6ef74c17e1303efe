/** A side's clients, and the two ways in which they are put to work. */
import { setTimeout as delay } from 'node:timers/promises';
import { Histogram, type HistogramData } from '../statistics/histogram.ts';
import { type ClientPlan, type Line, LoadClient } from './client.ts';
import { PINGREQ } from './frames.ts';
import { MessageIds } from './message.ts';

/** Connecting this many at a time stays below every server's listen backlog. */
const CONNECT_AT_ONCE = 50;
const DRAIN_LIMIT_MS = 10_000;
/** An open loop this far behind its schedule is given up: the rate is not carried. */
const HOPELESS_LAG_MS = 1000;

export interface RunResult {
  /** Messages that both arrived and were acknowledged while the run was on. */
  delivered: number;
  /** The same, with those that came in while the run drained: all that the server did for it. */
  deliveredInAll: number;
  /** Sent, and not back when the drain was given up. */
  lost: number;
  seconds: number;
  /** How much of its core the generator used, 0..1. */
  generatorShare: number;
  /** An open loop only: the schedule was kept to the end. */
  onSchedule: boolean;
  /** Microseconds from the scheduled send to the receiver's having it. */
  receipt: HistogramData;
  /** Microseconds from the scheduled send to the sender's having the acknowledgement. */
  acknowledgement: HistogramData;
}

export class Fleet {
  readonly #clients: LoadClient[];
  readonly #fail: (error: Error) => void;
  #dirty: LoadClient[] = [];
  #receipt = new Histogram();
  #acknowledgement = new Histogram();
  #delivered = 0;
  #refill = false;

  /** `fail` is told of a lost connection, of doubles and of strays: after any of them no figure counts. */
  constructor(plans: readonly ClientPlan[], line: Line, fail: (error: Error) => void) {
    this.#fail = fail;
    const ids = new MessageIds();
    const events = {
      acknowledged: (latencyMs: number) => this.#acknowledgement.record(latencyMs * 1000),
      received: (latencyMs: number) => this.#receipt.record(latencyMs * 1000),
      delivered: (client: LoadClient) => {
        this.#delivered++;
        if (this.#refill) client.send(performance.now());
      },
      unexpected: (what: string) => this.#fail(new Error(`port ${line.port}: received ${what}`)),
      dirty: (client: LoadClient) => {
        if (this.#dirty.push(client) === 1) setImmediate(() => this.#flush());
      },
      failed: (error: Error) => this.#fail(error),
    };
    this.#clients = plans.map((plan, index) => new LoadClient(index, plan, line, ids, events));
  }

  async open(): Promise<void> {
    for (let from = 0; from < this.#clients.length; from += CONNECT_AT_ONCE) {
      const group = this.#clients.slice(from, from + CONNECT_AT_ONCE);
      await Promise.all(group.map((client) => client.open((index) => this.#clients[index])));
    }
  }

  ping(): void {
    for (const client of this.#clients) client.enqueue(PINGREQ);
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  /** Every client keeps `window` messages on their way for `ms`: as much as the server carries. */
  async closedLoop(window: number, ms: number): Promise<RunResult> {
    return this.#measure(async () => {
      this.#refill = true;
      const now = performance.now();
      for (const client of this.#clients) {
        for (let i = 0; i < window; i++) client.send(now);
      }
      await delay(ms);
      this.#refill = false;
      return true;
    });
  }

  /** `rate` messages a second for `ms`, evenly spaced and dealt to the clients in turn, whatever comes back. */
  async openLoop(rate: number, ms: number): Promise<RunResult> {
    return this.#measure(async () => {
      const started = performance.now();
      const total = Math.round((rate * ms) / 1000);
      let sent = 0;
      while (sent < total) {
        const now = performance.now();
        let scheduledAt = started + (sent * 1000) / rate;
        while (sent < total && scheduledAt <= now) {
          const client = this.#clients[sent % this.#clients.length]!;
          if (client.inFlight.isFull) break;
          client.send(scheduledAt);
          sent++;
          scheduledAt = started + (sent * 1000) / rate;
        }
        if (now - scheduledAt > HOPELESS_LAG_MS) return false;
        await delay(1);
      }
      return true;
    });
  }

  async #measure(run: () => Promise<boolean>): Promise<RunResult> {
    this.#receipt = new Histogram();
    this.#acknowledgement = new Histogram();
    this.#delivered = 0;
    const started = performance.now();
    const cpu = process.cpuUsage();
    const onSchedule = await run();
    const seconds = (performance.now() - started) / 1000;
    const used = process.cpuUsage(cpu);
    const delivered = this.#delivered;
    const lost = await this.#drain();
    return {
      delivered,
      deliveredInAll: this.#delivered,
      lost,
      seconds,
      generatorShare: (used.user + used.system) / 1e6 / seconds,
      onSchedule,
      receipt: this.#receipt.toData(),
      acknowledgement: this.#acknowledgement.toData(),
    };
  }

  /** Waits for what is on its way; what does not come counts as late as it is by then. */
  async #drain(): Promise<number> {
    const inFlight = () => this.#clients.reduce((sum, client) => sum + client.inFlight.count, 0);
    const limit = performance.now() + DRAIN_LIMIT_MS;
    while (inFlight() > 0 && performance.now() < limit) await delay(1);
    const now = performance.now();
    for (const client of this.#clients) {
      for (const scheduledAt of client.inFlight.overdue()) this.#receipt.record((now - scheduledAt) * 1000);
    }
    return inFlight();
  }

  #flush(): void {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const client of dirty) client.flush();
  }
}
