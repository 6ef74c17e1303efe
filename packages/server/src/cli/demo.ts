import { create, toBinary } from '@bufbuild/protobuf';
import { MessageSchema, outTopic, type UserId } from '@skein/protocol';
import { mintToken } from '../auth/tokens.ts';
import type { Role } from '../store/store.ts';

interface DemoUser {
  readonly id: UserId;
  readonly name: string;
  readonly role: Role;
}

const lin: DemoUser = { id: '1001', name: 'Lin', role: 'customer' };
const mei: DemoUser = { id: '1002', name: 'Mei', role: 'customer' };
const customer: DemoUser = { id: '2001', name: 'Ines', role: 'customer' };
const agent: DemoUser = { id: '9001', name: 'Sam', role: 'agent' };

/** Longer than anybody leaves a demo open. */
const demoTokenSeconds = 30 * 86_400;

/** What the demo's page asks for: who plays in it, each with a token made now. */
export async function demoIdentities(secret: Uint8Array): Promise<object> {
  const withToken = async ({ id, name, role }: DemoUser) => ({
    id,
    name,
    token: await mintToken({ userId: id, role, name, ttlSeconds: demoTokenSeconds }, secret, Date.now),
  });
  return {
    people: await Promise.all([lin, mei].map(withToken)),
    customer: await withToken(customer),
    agent: await withToken(agent),
  };
}

/** Commands for a second terminal. */
export function demoCommands(url: string, mqttPort: number | undefined, dataDir: string): string[] {
  const chat = `npm run --silent skein -- chat --as ${lin.id} --to ${mei.id} --url ${url} --data ${dataDir}`;
  return mqttPort === undefined ? [chat] : [chat, mosquittoCommand(mqttPort, dataDir)];
}

/** The article's message, as bytes that any shell can print. */
function mosquittoCommand(mqttPort: number, dataDir: string): string {
  const message = create(MessageSchema, {
    messageId: '0',
    senderId: lin.id,
    receiverId: mei.id,
    content: 'Hello from mosquitto_pub',
    createTime: '0',
  });
  const octal = [...toBinary(MessageSchema, message)]
    .map((byte) => `\\${byte.toString(8).padStart(3, '0')}`)
    .join('');
  const token = `"$(npm run --silent skein -- token --user ${lin.id} --data ${dataDir})"`;
  return `printf '${octal}' | mosquitto_pub -p ${mqttPort} -u ${lin.id} -P ${token} -t ${outTopic(lin.id, 'message')} -q 1 -s`;
}
