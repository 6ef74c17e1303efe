import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ChatService, outTopic } from '@skein/protocol';
import { BadLine, until } from '@skein/testkit';
import { describe, expect, it } from 'vitest';
import { call } from './calls.ts';
import type { Client } from './clients/client.ts';
import { mqttJs } from './clients/mqttjs.ts';
import { paho } from './clients/paho.ts';
import { come, comes, got, message, own } from './payloads.ts';
import { newUser } from './people.ts';
import { openStage } from './stage.ts';

const stage = openStage();
const { connect, caller, portOf } = stage;

const commandLine = fileURLToPath(new URL('../../packages/server/src/cli/main.ts', import.meta.url));

async function revoke(user: string): Promise<void> {
  const args = [commandLine, 'token', '--revoke', user, '--data', stage.server.dataDir];
  await promisify(execFile)(process.execPath, args);
}

const ended = (client: Client) =>
  until(() => client.ended, { changes: client.changes, what: 'the end of the session' });

const contents = (client: Client) => got(client, 'message').map(({ content }) => content);

describe.each([paho, mqttJs('3.1.1', 'TCP'), mqttJs('5', 'WebSocket')])('$client, MQTT $version', (kind) => {
  it('A1 a revoked user is out within five seconds: no will, nothing that is committed later, no way back', async () => {
    const [alice, bob, carol] = [newUser(), newUser(), newUser()];
    const sender = await connect(kind, carol);
    const watcher = await connect(kind, bob, { subscribe: own(bob, ['message']) });
    const will = {
      topic: outTopic(alice, 'message'),
      payload: message(alice, bob, 'my will'),
      qos: 1 as const,
    };
    const token = stage.server.token(alice);
    const session = { clientId: 'phone', keep: true, token };
    const revoked = await connect(kind, alice, { ...session, will, subscribe: own(alice, ['message']) });
    await sender.publish(outTopic(carol, 'message'), message(carol, alice, 'before'), 1);
    await come(revoked, 'message', 1);
    const before = performance.now();
    await revoke(alice);
    const { reasonCode } = await ended(revoked);
    expect(performance.now() - before).toBeLessThan(5_000);
    if (kind.version === '5') expect(reasonCode).toBe(0x87);
    await sender.publish(outTopic(carol, 'message'), message(carol, alice, 'after'), 1);
    await sender.publish(outTopic(carol, 'message'), message(carol, bob, 'after'), 1);
    await come(watcher, 'message', 1);
    expect([contents(revoked), contents(watcher)]).toEqual([['before'], ['after']]);
    await expect(connect(kind, alice, session)).rejects.toMatchObject({
      code: kind.version === '5' ? 0x87 : 5,
    });
    const { url } = stage.server;
    await expect(call({ url, token }, ChatService.method.listConversations, {})).rejects.toMatchObject({
      status: 401,
    });
  });

  it('A1 the will of a session that ends with its token is not published', async () => {
    const [alice, bob, carol] = [newUser(), newUser(), newUser()];
    const sender = await connect(kind, carol);
    const watcher = await connect(kind, bob, { subscribe: own(bob, ['message']) });
    const will = {
      topic: outTopic(alice, 'message'),
      payload: message(alice, bob, 'my will'),
      qos: 1 as const,
    };
    const token = stage.server.token(alice, 'customer', { ttlS: 1 });
    await ended(await connect(kind, alice, { token, will }));
    await sender.publish(outTopic(carol, 'message'), message(carol, bob, 'after'), 1);
    await come(watcher, 'message', 1);
    expect(contents(watcher)).toEqual(['after']);
  });

  it('A1 N3 what waits for a slow or absent member ends where the membership did, and goes on where it begins again', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const { groupId, conversationId } = await call(caller(alice), ChatService.method.createGroup, {
      name: 'Team',
      memberIds: [bob],
    });
    const sender = await connect(kind, alice);
    const say = async (...texts: string[]) => {
      for (const text of texts) {
        const payload = message(alice, groupId, text, { conversationId });
        await sender.publish(outTopic(alice, 'message'), payload, 1);
      }
    };
    const direct = (text: string) => sender.publish(outTopic(alice, 'message'), message(alice, bob, text), 1);
    const membership = { conversationId, userIds: [bob] };

    await using line = await BadLine.to({ port: portOf(kind) });
    const session = { clientId: 'laptop', keep: true };
    const away = await connect(kind, bob, { ...session, subscribe: own(bob, ['message']) });
    await away.end();
    const slow = await connect(kind, bob, { port: line.port, subscribe: own(bob, ['message']) });
    await say('one');
    await come(slow, 'message', 1);
    line.set({ down: { silent: true } });
    await call(caller(alice), ChatService.method.removeMembers, membership);
    await say('two', 'three');
    await direct('still friends');
    line.heal();
    await comes(slow, 'message', ({ content }) => content === 'still friends');
    expect(contents(slow)).toEqual(['one', 'still friends']);

    await call(caller(alice), ChatService.method.addMembers, membership);
    await say('four');
    const back = await connect(kind, bob, session);
    await comes(back, 'message', ({ content }) => content === 'four');
    // What came before a leaving that is over is read as history, if at all.
    expect(contents(back)).toEqual(['still friends', 'four']);
    await comes(slow, 'message', ({ content }) => content === 'four');
    expect(contents(slow)).toEqual(['one', 'still friends', 'four']);
  });
});
