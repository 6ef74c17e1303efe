/** All words of the page, in both languages. */
export type Language = 'en' | 'zh';

const en = {
  title: 'Skein · chat over MQTT',
  tagline: 'Chat over MQTT. Two people, two unmodified Paho clients, one conversation.',
  taglineService: 'Customer service over MQTT. A customer, an agent, and one answer to who is still waiting.',
  tabPeople: 'Two people',
  tabService: 'Customer service',
  tabs: 'What to try',
  otherLanguage: '中文',
  customer: 'customer',
  agent: 'agent',
  connecting: 'Connecting…',
  catchingUp: 'Catching up…',
  current: (seq: number) => (seq ? `Up to date · #${seq}` : 'Up to date'),
  offline: (time: string, seconds: number) => `Offline since ${time} · next try in ${seconds} s`,
  lineCut: (time: string) => `Line cut at ${time}`,
  line: 'Line',
  lineOf: (name: string) => `${name}’s line to the server`,
  unread: (count: number) => `${count} unread`,
  waiting: (duration: string) => `Waiting for an answer: ${duration}`,
  conversationOf: (name: string) => `${name}’s conversation`,
  empty: (name: string) => `Nothing has been said yet. Write something as ${name}.`,
  emptyCatchingUp: 'Looking for what has been said…',
  emptyOffline: 'No line to the server, so nothing to show yet.',
  earlier: 'Earlier messages',
  fresh: 'New',
  typing: (name: string) => `${name} is typing…`,
  write: (name: string) => `Write as ${name}`,
  send: 'Send',
  sending: 'On its way',
  stored: 'Stored',
  delivered: 'Delivered',
  read: 'Read',
  refused: (reason: string) => `Refused: ${reason}`,
  discard: 'Discard',
  wire: 'Over the wire',
  wireHint:
    'Every packet of both clients with the Paho callback it led to, and every call. The newest is on top; open a line for its payload.',
  wireEmpty: 'Nothing yet.',
  showPackets: 'Packets',
  showCalls: 'Calls',
  showPings: 'Pings',
  clear: 'Clear',
  up: 'to the server',
  down: 'from the server',
  page: 'in the page',
  bytes: (count: number) => `${count} B`,
  recipe: 'Join with Paho',
  recipeHint:
    'The published paho-mqtt package and the code that protoc makes of messages.proto. This page uses just that.',
  copy: 'Copy',
  copied: 'Copied',
  tryThis: 'Worth trying',
  tries: [
    'Cut one line, write on both sides, mend it: all is there, in one order, nothing twice.',
    'Write to the side that you are not in: it counts as unread until you go there.',
    'Reload while a line is cut: what was on its way still goes out.',
  ],
  triesService: [
    'Ask as the customer: the agent sees since when the question waits.',
    'Cut the agent’s line, ask twice, mend it: the first question’s time still counts.',
    'Answer as the agent: nobody waits any more.',
  ],
  noDemo: 'This page found no demo users.',
  noDemoHint: 'It is served with them by “npm start”. Start that, then reload.',
};

const zh: typeof en = {
  title: 'Skein · 基于 MQTT 的聊天',
  tagline: '基于 MQTT 的聊天：两个人，两个未经修改的 Paho 客户端，同一个会话。',
  taglineService: '基于 MQTT 的客服：一位顾客，一位客服，谁还在等回复，只有一个答案。',
  tabPeople: '两人聊天',
  tabService: '在线客服',
  tabs: '试试看',
  otherLanguage: 'English',
  customer: '顾客',
  agent: '客服',
  connecting: '正在连接…',
  catchingUp: '正在补齐消息…',
  current: (seq) => (seq ? `已同步 · #${seq}` : '已同步'),
  offline: (time, seconds) => `${time} 起离线 · ${seconds} 秒后重试`,
  lineCut: (time) => `网络已于 ${time} 切断`,
  line: '网络',
  lineOf: (name) => `${name} 与服务器之间的网络`,
  unread: (count) => `${count} 条未读`,
  waiting: (duration) => `等待回复 ${duration}`,
  conversationOf: (name) => `${name} 的会话`,
  empty: (name) => `还没有消息。以 ${name} 的身份写点什么吧。`,
  emptyCatchingUp: '正在查找历史消息…',
  emptyOffline: '未连接到服务器，暂无内容可显示。',
  earlier: '更早的消息',
  fresh: '新消息',
  typing: (name) => `${name} 正在输入…`,
  write: (name) => `以 ${name} 的身份发言`,
  send: '发送',
  sending: '发送中',
  stored: '已存储',
  delivered: '已送达',
  read: '已读',
  refused: (reason) => `被拒绝：${reason}`,
  discard: '放弃',
  wire: '线路上的数据',
  wireHint: '两个客户端的每个报文（及其触发的 Paho 回调）和每次调用。最新的在最上面；点开一行可查看内容。',
  wireEmpty: '暂无数据。',
  showPackets: '报文',
  showCalls: '调用',
  showPings: '心跳',
  clear: '清空',
  up: '发往服务器',
  down: '来自服务器',
  page: '页面内',
  bytes: (count) => `${count} 字节`,
  recipe: '用 Paho 接入',
  recipeHint: '只需官方发布的 paho-mqtt，以及 protoc 由 messages.proto 生成的代码。本页用的就是这些。',
  copy: '复制',
  copied: '已复制',
  tryThis: '值得一试',
  tries: [
    '切断一侧的网络，两边各发几条，再恢复：消息一条不少、一条不重，两边顺序一致。',
    '给您不在的那一侧发消息：在您点过去之前，它一直计为未读。',
    '网络切断时刷新页面：还没发出去的消息仍会发出。',
  ],
  triesService: [
    '以顾客身份提问：客服能看到这个问题从何时开始等待。',
    '切断客服的网络，再问两次，然后恢复：等待时间仍从第一个问题算起。',
    '以客服身份回复：就没有人在等了。',
  ],
  noDemo: '本页没有找到演示用户。',
  noDemoHint: '演示用户由“npm start”提供。请启动后刷新本页。',
};

export type Texts = typeof en;

export const texts: Readonly<Record<Language, Texts>> = { en, zh };

const storedLanguage = 'skein-paho:language';

/** The language that was chosen here before, else the browser's. */
export function preferredLanguage(): Language {
  const chosen = localStorage.getItem(storedLanguage);
  if (chosen === 'en' || chosen === 'zh') return chosen;
  return navigator.language.startsWith('zh') ? 'zh' : 'en';
}

export function rememberLanguage(language: Language): void {
  localStorage.setItem(storedLanguage, language);
}
