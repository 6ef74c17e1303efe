import type { PublishPacket } from '@skein/mqtt';
import { directConversation, inTopic } from '@skein/protocol';
import { mintToken, type Skein, startSkein, type TokenClaims, until } from '@skein/testkit';
import { expect } from 'vitest';
import { call, readEntries } from '../faults/call.ts';
import { Device, type DeviceOptions } from '../faults/device.ts';
import { directLetter, readDelivery } from '../faults/letter.ts';
import { residentMiB } from '../faults/process-memory.ts';

/** Stands in every bad content, so that it can be looked for where it must not be. */
export const marker = 'sesame-7d1f';

/** The server's, so that tokens can be signed rightly and be wrong. */
export const secret = 'a secret of the bad input, long enough for HS256';

/** Who is attacked: writes nothing, and must never see anything. */
export const victim = '2002';
/** Who attacks, with a valid token. */
export const mallory = '6666';
/** Who may see what mallory may rightly send. */
export const listener = '3003';

/** Sends of one user at once; what is tried here is less, but for the flood. */
export const burst = 1_000;

const alice = '1001';
const bob = '1002';

/** A server, and around the bad input people who must notice nothing of it. */
export class Stage implements AsyncDisposable {
  readonly server: Skein;
  readonly #alice: Device;
  /** What bob received, in order. */
  readonly #received: string[];
  readonly #shownToVictim: string[];
  #sent = 0;

  private constructor(server: Skein, writer: Device, received: string[], shownToVictim: string[]) {
    this.server = server;
    this.#alice = writer;
    this.#received = received;
    this.#shownToVictim = shownToVictim;
  }

  static async set(): Promise<Stage> {
    const server = await startSkein({
      env: {
        // What grows is then what is kept, not what waits to be collected.
        NODE_OPTIONS: '--max-semi-space-size=1',
        SKEIN_LOG_LEVEL: 'debug',
        SKEIN_SECRET: secret,
        SKEIN_LIMITS_STALL_TIMEOUT_MS: '1000',
        SKEIN_LIMITS_SEND_BURST: String(burst),
        // So slow that who has used up the burst has nothing for the time of a case.
        SKEIN_LIMITS_SENDS_PER_10S: '1',
      },
    });
    const received: string[] = [];
    const shown: string[] = [];
    const connect = (user: string, onMessage: (packet: PublishPacket) => void) =>
      Device.connect({ port: server.mqttPort, user, token: mintToken(secret, { user }), onMessage });
    const [writer, reader, watcher] = await Promise.all([
      connect(alice, () => {}),
      connect(bob, (packet) => received.push(readDelivery(packet).content!)),
      connect(victim, ({ topic }) => shown.push(topic)),
    ]);
    await reader.subscribe([inTopic(bob, 'message')]);
    await watcher.subscribe([`skein/v1/${victim}/in/#`]);
    await until(() => shown.length === 1, { what: 'the first statistics' });
    shown.length = 0;
    const stage = new Stage(server, writer, received, shown);
    await stage.isWell();
    return stage;
  }

  get residentMiB(): number {
    return residentMiB(this.server.pid);
  }

  token(user: string, further: Omit<TokenClaims, 'user'> = {}): string {
    return mintToken(secret, { user, ...further });
  }

  connect(user: string, options: Partial<DeviceOptions> = {}): Promise<Device> {
    return Device.connect({ port: this.server.mqttPort, user, token: this.token(user), ...options });
  }

  /** Others still write and read, the victim saw nothing, and the log tells nothing that it must not. */
  async isWell(): Promise<void> {
    this.#sent += 1;
    const text = `still here ${this.#sent}`;
    const { topic, payload } = directLetter(alice, bob, text);
    expect((await this.#alice.publish(topic, payload)).properties.seq).toBe(String(this.#sent));
    await until(() => this.#received.at(-1) === text, { what: 'the bystander’s message' });
    expect(this.#received).toHaveLength(this.#sent);

    const { server } = this;
    const state = await call(server, this.token(victim), 'ListConversations', {});
    expect({ state, shown: this.#shownToVictim }).toEqual({
      state: { feedVersion: '0', more: false, epoch: expect.any(String) },
      shown: [],
    });
    expect(server.output).not.toContain(marker);
    // How each token begins.
    expect(server.output).not.toContain('eyJ');
    expect(server.output).not.toMatch(/"level":"error"|Error:|uncaught/i);
  }

  /** What is stored of the bystanders’ talk is theirs alone. */
  async nothingWasAdded(): Promise<void> {
    const entries = await readEntries(this.server, this.token(bob), directConversation(alice, bob));
    expect(entries.map(({ content }) => content)).toEqual(this.#received);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}
