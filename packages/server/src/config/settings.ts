import { defaultAmendPolicy, defaultReplyPolicy } from '@skein/chat';
import { limits } from '@skein/protocol';
import { logForms, logLevels } from '../observe/log.ts';
import { choice, namedSettings, origins, text, toggle, type Values, webAddress, whole } from './setting.ts';

const dayMs = 24 * 3_600_000;

/** Every setting of the server, once: help texts, variables, the configuration file and the manual come from here. */
const settingsTable = {
  port: whole(0, 65_535, {
    fallback: 7080,
    help: 'Port of pages, calls and MQTT over WebSocket. 0: any free one.',
  }),
  host: text('ADDRESS', {
    fallback: '127.0.0.1',
    help: 'Address to listen on. The default reaches this machine only; put a TLS proxy in front of others.',
  }),
  mqttPort: whole<undefined>(0, 65_535, {
    fallback: undefined,
    help: 'Port of plain MQTT over TCP. Absent: none, since it carries tokens unencrypted.',
  }),
  dataDir: text('DIR', {
    name: 'data',
    fallback: '.skein/data',
    help: 'Directory of the store, the secret and the list of revocations.',
  }),
  secret: text<undefined>('TEXT', {
    fallback: undefined,
    secret: true,
    help: 'Signs and verifies HS256 tokens, at least 32 bytes. Absent: made at first start and kept in the data directory.',
  }),
  jwksUrl: webAddress({
    fallback: undefined,
    help: 'Address of the public keys (JWKS) of a token issuer: RS256, ES256, EdDSA. HS256 then needs the secret set.',
  }),
  origins: origins({
    fallback: [],
    help: "Other web origins whose pages may connect and call. The server's own always may, and clients that are no browsers.",
  }),
  log: choice(logForms, {
    fallback: 'text',
    help: 'Form of the log on standard output.',
  }),
  logLevel: choice(logLevels, {
    fallback: 'info',
    help: 'The least weight of an event that is logged.',
  }),
  direct: choice(['everyone', 'common-group', 'agents'], {
    fallback: 'everyone',
    help: 'Who may start a direct conversation, or add somebody to a group: everyone, members of a common group, or agents only. Agents may reach anybody, and be reached.',
  }),
  limits: {
    sendsPer10s: whole(0, 1_000_000, {
      fallback: limits.sendsPer10s,
      help: 'Sends of one user in ten seconds; of calls, receipts and typing signals four times as many. People send a few; scripts that flood stop here. 0: off.',
    }),
    sendBurst: whole(1, 1_000_000, {
      fallback: limits.sendBurst,
      help: 'Sends of one user at once: a paste of pictures, an outbox after a reconnect.',
    }),
    contentBytes: whole(1_024, limits.maxPacketBytes - limits.maxExtendBytes - limits.maxOverheadBytes, {
      fallback: limits.maxContentBytes,
      help: 'Content of one message. A long text has some KiB; files are sent as links.',
    }),
    queuedSends: whole(1, 10_000_000, {
      fallback: limits.maxQueuedSends,
      help: 'Sends that await their commit, in all. Above it sends are refused as UNAVAILABLE, and memory stays bounded.',
    }),
    sessionsPerUser: whole(1, 100_000, {
      fallback: limits.maxSessionsPerUser,
      help: 'MQTT sessions of one user at a time: devices and tabs.',
    }),
    sessionExpiryS: whole(0, 10 * 365 * 86_400, {
      fallback: limits.maxSessionExpiryS,
      help: 'Seconds for which an absent session is remembered. The log keeps what it missed in any case.',
    }),
    unsentBytes: whole(1_024, 64 * 1024 * 1024, {
      fallback: limits.maxUnsentBytes,
      help: 'Bytes on the way to one session; beyond it, it is fed from the log at its own pace.',
    }),
    stallTimeoutMs: whole(100, 3_600_000, {
      fallback: limits.stallTimeoutMs,
      help: 'Milliseconds after which a connection that takes nothing is closed.',
    }),
  },
  reply: {
    automaticAnswers: toggle({
      fallback: defaultReplyPolicy.automaticAnswers,
      help: "Whether an automatic reply answers a customer's question.",
    }),
    botAnswers: toggle({
      fallback: defaultReplyPolicy.botAnswers,
      help: "Whether what a bot wrote answers a customer's question.",
    }),
  },
  amend: {
    recallWithinMs: whole(0, 3_650 * dayMs, {
      fallback: defaultAmendPolicy.recallWithinMs,
      help: 'Milliseconds after its storing in which a message may be taken back. 0: never.',
    }),
    editWithinMs: whole(0, 3_650 * dayMs, {
      fallback: defaultAmendPolicy.editWithinMs,
      help: 'Milliseconds after its storing in which a message may be edited. 0: never.',
    }),
  },
};

/** How an installation is set up. */
export type Settings = Values<typeof settingsTable>;

export const allSettings = namedSettings(settingsTable);
