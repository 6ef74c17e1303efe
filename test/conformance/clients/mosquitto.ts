import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { BadLine, pathOf, until } from '@skein/testkit';
import {
  type Client,
  type ClientKind,
  type ConnectOptions,
  ConnectRefused,
  Happenings,
  type PublishAnswer,
  type Qos,
} from './client.ts';

type Version = '3.1.1' | '5';

/** `mosquitto_sub` that listens, and one `mosquitto_pub` for each publish, under a client id of its own. */
export function mosquitto(version: Version): ClientKind {
  return {
    client: 'mosquitto',
    version,
    transport: 'TCP',
    connect: (options) => connect(version, options),
  };
}

async function connect(version: Version, options: ConnectOptions): Promise<Client> {
  const happenings = new Happenings();
  const { changes } = happenings;
  // mosquitto_sub does not say when its connection ends, and connects again a second later.
  const line = await BadLine.to(options);
  const child = run(
    'mosquitto_sub',
    subArguments(version, { ...options, port: line.port }),
    options.will?.payload,
  );
  const output = new SubOutput(happenings);
  const wanted = options.subscribe?.length ?? 0;
  const ready = () =>
    output.refused !== undefined || output.granted.length >= Math.max(1, wanted) || child.exitCode !== null;
  eachLine(child, (text) => output.read(text));
  child.once('exit', happenings.changed.bind(happenings));
  await until(ready, { changes, what: () => `mosquitto_sub to subscribe; it said: ${output.text}` });
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (child.exitCode === null && child.kill(signal)) await once(child, 'close');
    await line[Symbol.asyncDispose]();
  };
  if (output.refused !== undefined) {
    await end('SIGKILL');
    throw new ConnectRefused(output.refused);
  }
  let leaving = false;
  const watch = async () => {
    await until(() => leaving || line.connections === 0, { timeoutMs: 600_000 });
    if (leaving) return;
    // It ends at a DISCONNECT, or tries again: then it has read all that had come, and shall not get further.
    line.set({ up: { silent: true } });
    await until(() => child.exitCode !== null || output.connects > 1, { changes });
    child.kill('SIGKILL');
    happenings.end({ reasonCode: output.disconnected });
  };
  const watching = watch();
  return {
    granted: output.granted.slice(0, wanted),
    arrived: happenings.arrived,
    changes,
    get ended() {
      return happenings.ended;
    },
    publish: (topic, payload, qos) => publish(version, options, { topic, payload, qos }),
    async end() {
      leaving = true;
      await watching;
      await end('SIGTERM');
    },
  };
}

function account(version: Version, { port, user, token }: ConnectOptions, clientId: string): string[] {
  const protocol = version === '5' ? 'mqttv5' : 'mqttv311';
  const address = ['-h', '127.0.0.1', '-p', String(port), '-V', protocol];
  return [...address, '-u', user, '-P', token, '-i', clientId, '-d'];
}

function subArguments(version: Version, options: ConnectOptions): string[] {
  const { user, clientId, keep, keepAliveS = 30, will, subscribe = [] } = options;
  // It will not run without a subscription, and has one quality of service for all.
  const filters =
    subscribe.length > 0 ? subscribe : [{ filter: `skein/v1/${user}/in/notice`, qos: 0 as Qos }];
  return [
    ...account(version, options, clientId),
    ...['-q', String(filters[0]!.qos), '-k', String(keepAliveS), '-F', 'MSG %q %t %x'],
    ...filters.flatMap(({ filter }) => ['-t', filter]),
    ...(keep ? ['-c'] : []),
    ...(will ? ['--will-topic', will.topic, '--will-qos', String(will.qos)] : []),
  ];
}

/** What `mosquitto_sub -d` prints. */
class SubOutput {
  readonly granted: number[] = [];
  refused: number | undefined;
  disconnected: number | undefined;
  connects = 0;
  text = '';
  readonly #happenings: Happenings;
  #flags = { dup: false, packetId: 0 };

  constructor(happenings: Happenings) {
    this.#happenings = happenings;
  }

  read(line: string): void {
    this.text += `${line}\n`;
    const connack = /received CONNACK \((\d+)\)/.exec(line);
    if (connack && connack[1] !== '0') this.refused = Number(connack[1]);
    const granted = /^Subscribed \(mid: \d+\): (.*)$/.exec(line);
    if (granted) this.granted.push(...granted[1]!.split(', ').map(Number));
    if (/sending CONNECT$/.test(line)) this.connects += 1;
    const disconnect = /Received DISCONNECT \((\d+)\)/.exec(line);
    if (disconnect) this.disconnected = Number(disconnect[1]);
    const publish = /received PUBLISH \(d(\d), q\d, r\d, m(\d+), /.exec(line);
    if (publish) this.#flags = { dup: publish[1] === '1', packetId: Number(publish[2]) };
    const message = /^MSG (\d) (\S+) ([0-9a-f]*)$/.exec(line);
    if (message) {
      const [, qos, topic, hex] = message;
      this.#happenings.arrive({
        topic: topic!,
        payload: Buffer.from(hex!, 'hex'),
        qos: Number(qos) as Qos,
        ...this.#flags,
      });
    }
    this.#happenings.changed();
  }
}

interface Outgoing {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: Qos;
}

async function publish(
  version: Version,
  options: ConnectOptions,
  { topic, payload, qos }: Outgoing,
): Promise<PublishAnswer> {
  const child = run('mosquitto_pub', [
    ...account(version, options, `${options.clientId}-pub`),
    ...['-q', String(qos), '-t', topic, '-s'],
  ]);
  let output = '';
  eachLine(child, (line) => {
    output += `${line}\n`;
  });
  child.stdin?.end(payload);
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`mosquitto_pub ended with ${child.exitCode}: ${output}`);
  const code = /received PUBACK \(Mid: \d+, RC:(\d+)\)/.exec(output);
  return code && version === '5' ? { reasonCode: Number(code[1]) } : {};
}

/**
 * Starts one of the programs. A will's payload is an argument of theirs, and Node makes UTF-8 of arguments: so a
 * shell puts its bytes together. No zero can be among them.
 */
function run(
  program: 'mosquitto_sub' | 'mosquitto_pub',
  args: readonly string[],
  will?: Uint8Array,
): ChildProcess {
  // Into a pipe they would write only when their buffer is full.
  const command = ['stdbuf', '-oL', pathOf(program), ...args];
  const escaped = [...(will ?? [])].map((byte) => `\\0${byte.toString(8).padStart(3, '0')}`).join('');
  // The dot saves a line feed at the end from being cut off.
  const script = `will="$(printf '%b.' '${escaped}')"; exec "$@" --will-payload "\${will%.}"`;
  const child = will
    ? spawn('sh', ['-c', script, 'sh', ...command], { stdio: 'pipe' })
    : spawn(command[0]!, command.slice(1), { stdio: 'pipe' });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

// A test run that is broken off leaves no process behind.
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

function eachLine(child: ChildProcess, take: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream! }).on('line', take);
}
