import type { Texts } from '../texts.ts';
import { h, setText } from './dom.ts';

/** The lines that join the conversation, with the addresses of this very server. */
function lines(user: string, peer: string): string {
  return `import Paho from 'paho-mqtt';
import pb from './messages_pb.js';

const me = '${user}';
// npm run --silent skein -- token --user ${user} --data .skein/dev
const token = '…';
const client = new Paho.Client(
  '${location.hostname}', ${Number(location.port) || 80}, '/mqtt', 'my-page');
client.onMessageArrived = ({ topic, payloadBytes }) => {
  if (!topic.endsWith('/in/message')) return;
  const message = pb.Message.deserializeBinary(payloadBytes);
  console.log(message.toObject());
};
client.connect({ userName: me, password: token, onSuccess });

function onSuccess() {
  client.subscribe(\`skein/v1/\${me}/in/#\`, { qos: 1 });
  sendMsg('${peer}', 'Hello!');
}

function sendMsg(to, content) {
  const message = new pb.Message();
  message.setMessageId(String(BigInt(Date.now()) << 22n));
  message.setSenderId(me);
  message.setContent(content);
  message.setCreateTime(String(Date.now()));
  message.setReceiverId(to);
  const bytes = message.serializeBinary();
  client.send(\`skein/v1/\${me}/out/message\`, bytes, 1);
}
`;
}

export function recipe(texts: Texts, user: string, peer: string): HTMLElement {
  const code = lines(user, peer);
  const copy = h('button', { class: 'quiet', type: 'button' }, texts.copy);
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(code);
    setText(copy, texts.copied);
    setTimeout(() => setText(copy, texts.copy), 2_000);
  });
  return h(
    'section',
    { class: 'recipe', 'aria-labelledby': 'recipe-title' },
    h('header', {}, h('h2', { id: 'recipe-title' }, texts.recipe), copy),
    h('p', { class: 'hint' }, texts.recipeHint),
    h('pre', { tabindex: 0, 'aria-labelledby': 'recipe-title' }, h('code', {}, code)),
  );
}
