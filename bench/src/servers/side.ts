/** The servers that are measured: how their clients log in and where their messages go. */
import { inTopic, outTopic } from '@skein/protocol';
import type { ClientPlan } from '../load/client.ts';
import type { ProtocolVersion } from '../load/frames.ts';

export const sideNames = ['skein', 'mosquitto', 'aedes'] as const;
export type SideName = (typeof sideNames)[number];
export type Transport = 'tcp' | 'websocket';

/** D1: synced to disk before the acknowledgement. D0: not. */
export type Durability = 'D0' | 'D1';

export interface Server {
  pid: number;
  port: number;
  /** What `port` speaks MQTT over. */
  transport: Transport;
  /** Who connects: as many clients, in pairs. */
  clients(count: number): ClientPlan[];
  stop(): Promise<void>;
}

/** A server whose figures are compared with those of others. */
export interface Side extends Server {
  name: SideName;
  /** What ran, with its version. */
  title: string;
  durability: Durability;
}

export interface SideOptions {
  transport: Transport;
  version: ProtocolVersion;
  /** A directory of this run, on the disk that is measured. */
  directory: string;
}

const FIRST_USER = 1001;

/** Clients 0 and 1, 2 and 3, ... are pairs; each sends to the other. */
function pairs(count: number): { userId: number; peerId: number }[] {
  return Array.from({ length: count }, (_, i) => ({ userId: FIRST_USER + i, peerId: FIRST_USER + (i ^ 1) }));
}

/** Clients of Skein: each publishes to its own `out/`, and the server finds the receiver. */
export function skeinClients(count: number, tokenOf: (userId: number) => string): ClientPlan[] {
  return pairs(count).map(({ userId, peerId }) => ({
    clientId: `bench-${userId}`,
    userId,
    peerId,
    userName: String(userId),
    password: tokenOf(userId),
    publishTopic: outTopic(String(userId), 'message'),
    subscribeTopic: inTopic(String(userId), 'message'),
  }));
}

/** Clients of a broker that only relays: each publishes the same payload to the topic its peer listens to. */
export function relayClients(count: number): ClientPlan[] {
  return pairs(count).map(({ userId, peerId }) => ({
    clientId: `bench-${userId}`,
    userId,
    peerId,
    publishTopic: inTopic(String(peerId), 'message'),
    subscribeTopic: inTopic(String(userId), 'message'),
  }));
}
