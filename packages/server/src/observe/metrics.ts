import { statSync } from 'node:fs';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/**
 * What the server counts, each named `skein_...` at `/metrics`. Count a batch at once (`inc(labels, n)`) where it is
 * hot: one call costs a fraction of a microsecond, which a message does not have to spare.
 */
export type Metrics = ReturnType<typeof createMetrics>;

/**
 * Each server of a process has a registry of its own.
 *
 * @param walFile the store's write-ahead log, where there is one: its size is looked up when metrics are asked for
 */
export function createMetrics(walFile?: string) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'skein_' });
  const registers = [registry];
  return {
    registry,
    ...messageMetrics(registers),
    ...storeMetrics(registers, walFile),
    ...httpMetrics(registers),
  };
}

function messageMetrics(registers: Registry[]) {
  return {
    /** Sends by what became of them. */
    entries: new Counter({
      name: 'skein_entries_total',
      help: 'Sends by outcome: stored, or repeat (the key was there already).',
      labelNames: ['outcome'] as const,
      registers,
    }),
    deliveries: new Counter({
      name: 'skein_deliveries_total',
      help: 'Entries handed to sessions.',
      registers,
    }),
    refusals: new Counter({
      name: 'skein_refusals_total',
      help: 'Sends, receipts, subscriptions and connections refused, by refusal.',
      labelNames: ['refusal'] as const,
      registers,
    }),
    connections: new Gauge({ name: 'skein_connections', help: 'MQTT connections open now.', registers }),
    sessions: new Gauge({
      name: 'skein_sessions',
      help: 'MQTT sessions of connected clients: those whose CONNECT was accepted.',
      registers,
    }),
  };
}

function storeMetrics(registers: Registry[], walFile: string | undefined) {
  if (walFile !== undefined) addWalBytes(registers, walFile);
  return {
    commitSeconds: new Histogram({
      name: 'skein_commit_seconds',
      help: 'Time of one group commit, synced to disk.',
      buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2],
      registers,
    }),
    batchEntries: new Histogram({
      name: 'skein_batch_entries',
      help: 'Operations in one group commit.',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
      registers,
    }),
  };
}

function addWalBytes(registers: Registry[], walFile: string): void {
  new Gauge({
    name: 'skein_wal_bytes',
    help: 'Size of the write-ahead log of the store.',
    registers,
    collect() {
      this.set(statSync(walFile, { throwIfNoEntry: false })?.size ?? 0);
    },
  });
}

function httpMetrics(registers: Registry[]) {
  return {
    httpRequests: new Counter({
      name: 'skein_http_requests_total',
      help: 'HTTP requests by route and status.',
      labelNames: ['route', 'status'] as const,
      registers,
    }),
    httpSeconds: new Histogram({
      name: 'skein_http_seconds',
      help: 'Time from the head of an HTTP request to the end of its answer.',
      labelNames: ['route'] as const,
      buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
      registers,
    }),
  };
}
