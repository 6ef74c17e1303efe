import { randomUUID } from 'node:crypto';
import { type Client, createClient, type Interceptor } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { ChatService, type UserId } from '@skein/protocol';
import { loadSecret } from '../auth/secret.ts';
import { mintToken, roles } from '../auth/tokens.ts';
import { SetupProblem } from '../config/problem.ts';
import { choice, userId, webAddress } from '../config/setting.ts';
import { Conversation } from './chat/conversation.ts';
import { Line } from './chat/line.ts';
import { Screen } from './chat/screen.ts';
import { command, type Terminal } from './command.ts';

/** A token is made at each connect, so it need not outlive one by much. */
const tokenSeconds = 12 * 3_600;

const retryMs = 2_000;

export const chat = command({
  name: 'chat',
  summary: 'a chat with another user in the terminal; from a pipe, sends each line and ends',
  examples: ['skein chat --as 1001 --to 1002', 'echo hello | skein chat --as 1001 --to 1002'],
  settings: ['data'],
  options: {
    as: userId({ fallback: undefined, help: 'Who you are.' }),
    to: userId({ fallback: undefined, help: 'Whom you write to.' }),
    role: choice(roles, {
      fallback: 'customer',
      help: 'What you are; an agent who comes as a customer leaves the service.',
    }),
    url: webAddress({ fallback: 'http://127.0.0.1:7080', help: 'Address of the server.' }),
  },
  async run({ options, settings, terminal }) {
    const { as: me, to: peer, url: address } = options;
    if (me === undefined || peer === undefined || address === undefined) {
      throw new SetupProblem('say who you are and whom you write to: skein chat --as 1001 --to 1002');
    }
    const url = address.replace(/\/+$/, '');
    const secret = loadSecret(settings.dataDir, settings.secret);
    const token = () =>
      mintToken({ userId: me, role: options.role, ttlSeconds: tokenSeconds }, secret, Date.now);
    return converse({ me, peer, url, token, terminal });
  },
});

interface Talk {
  readonly me: UserId;
  readonly peer: UserId;
  readonly url: string;
  readonly token: () => Promise<string>;
  readonly terminal: Terminal;
}

/** Until the input ends and every line of it is settled. Answers 1 when one was refused. */
async function converse({ me, peer, url, token, terminal }: Talk): Promise<number> {
  const screen = new Screen(terminal);
  const refused = Promise.withResolvers<never>();
  const opened = Promise.withResolvers<void>();
  const conversation = new Conversation({
    me,
    peer,
    calls: callsOf(url, token),
    publish: (topic, payload) => line.publish(topic, payload),
    show: (text) => screen.show(text),
    onBehind: (reason) => {
      screen.show(`  history cannot be fetched (${reason}): trying again`);
      setTimeout(() => void conversation.catchUp(), retryMs).unref();
    },
  });
  const line = new Line({
    url,
    userId: me,
    token,
    clientId: `terminal-${randomUUID()}`,
    filters: conversation.filters,
    onOpen: () => void conversation.catchUp().then(opened.resolve),
    onMessage: (topic, payload) => conversation.receive(topic, payload),
    onLost: () => screen.show('  the line is lost: trying again'),
    onRefused: refused.reject,
  });
  try {
    await line.connect();
    await Promise.race([opened.promise, refused.promise]);
    const sent = await Promise.race([sendLines(screen, conversation), refused.promise]);
    return sent.every((reason) => reason === undefined) ? 0 : 1;
  } finally {
    line.end();
    screen.close();
  }
}

/** Sends what is typed, and settles when the input has ended and the server has answered for each line. */
async function sendLines(screen: Screen, conversation: Conversation): Promise<(string | undefined)[]> {
  const sends: Promise<string | undefined>[] = [];
  let unsettled = 0;
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => screen.close());
    screen.read((text) => {
      if (text.trim() === '') return;
      unsettled += 1;
      sends.push(conversation.send(text).finally(() => unsettled--));
    }, resolve);
  });
  if (unsettled > 0 && screen.isInteractive) {
    screen.show(`  waiting for ${unsettled} to be stored; Ctrl-C gives them up`);
  }
  return Promise.all(sends);
}

function callsOf(url: string, token: () => Promise<string>): Client<typeof ChatService> {
  const authorize: Interceptor = (next) => async (request) => {
    request.header.set('authorization', `Bearer ${await token()}`);
    return next(request);
  };
  const transport = createConnectTransport({ baseUrl: url, httpVersion: '1.1', interceptors: [authorize] });
  return createClient(ChatService, transport);
}
