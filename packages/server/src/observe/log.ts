import { pino } from 'pino';

export const logForms = ['text', 'json', 'off'] as const;
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

export type LogForm = (typeof logForms)[number];
export type LogLevel = (typeof logLevels)[number];

/** What goes with an event. Never a message's content, a token or a secret. */
export type Facts = Readonly<Record<string, string | number | boolean | undefined>>;

/** One line per event; the event's name is fixed, all that varies is in its facts. */
export type Log = Readonly<Record<LogLevel, (event: string, facts?: Facts) => void>>;

/** Where lines go: standard output, or a test. */
export type Sink = { write(line: string): unknown };

/**
 * - `json`: `{"level":"info","time":"2026-01-31T12:00:00.000Z","event":"listening","url":"..."}`
 * - `text`: `12:00:00.000 info  listening url=...`
 */
export function createLog(form: LogForm, level: LogLevel, sink: Sink = process.stdout): Log {
  const logger = pino(
    {
      level: form === 'off' ? 'silent' : level,
      base: null,
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    form === 'text' ? { write: (line: string) => sink.write(asText(line)) } : sink,
  );
  return {
    debug: (event, facts) => logger.debug(facts ?? {}, event),
    info: (event, facts) => logger.info(facts ?? {}, event),
    warn: (event, facts) => logger.warn(facts ?? {}, event),
    error: (event, facts) => logger.error(facts ?? {}, event),
  };
}

function asText(line: string): string {
  const { level, time, event, ...facts } = JSON.parse(line) as Record<string, string>;
  const rest = Object.entries(facts).map(([name, value]) => ` ${name}=${quoted(value)}`);
  return `${time?.slice(11, 23)} ${level?.padEnd(5)} ${event}${rest.join('')}\n`;
}

/** Quoted where needed, so that a value can never look like another line or another fact. */
function quoted(value: unknown): string {
  const text = String(value);
  return /^[\w.:/@+-]+$/.test(text) ? text : JSON.stringify(text);
}
