/**
 * Runs on a small disk of its own: fills it, reads, makes room again, and prints what happened as one line of JSON.
 * Argument: the directory where the disk is.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { directConversation } from '@skein/protocol';
import { append, person } from '../../contract/words.ts';
import { openSqliteStore } from '../sqlite-store.ts';

const [disk] = process.argv.slice(2) as [string];
const ballast = join(disk, 'ballast');
writeFileSync(ballast, Buffer.alloc(2 * 1024 * 1024));

const ann = person('1001');
const bob = person('1002');
const chat = directConversation(ann.userId, bob.userId);
const health: boolean[] = [];
const recovered = Promise.withResolvers<void>();
const store = openSqliteStore({
  dataDir: join(disk, 'data'),
  onHealth: (healthy) => {
    health.push(healthy);
    if (healthy) recovered.resolve();
  },
});
// The server waits for its sockets; this one waits for the store's own timer only.
const alive = setInterval(() => {}, 1_000);

const batch = () => Array.from({ length: 3 }, () => append(ann, chat, { text: 'x'.repeat(20_000) }));
const commit = async () => {
  try {
    await store.commit(batch());
    return 'stored';
  } catch (error) {
    return (error as Error).name;
  }
};

let acknowledged = 0;
let refusal = await commit();
while (refusal === 'stored') {
  acknowledged += 3;
  refusal = await commit();
}

const page = await store.page(bob, chat, { limit: 1000 });
const whileFull = {
  refusal,
  again: await commit(),
  healthy: store.healthy,
  head: 'headSeq' in page ? page.headSeq : -1,
  entries: 'entries' in page ? page.entries.length : -1,
  unread: (await store.unread(bob.userId, 10)).totalUnread,
  listed: (await store.feed(bob.userId, 0, 10)).changes[0]?.lastSeq,
  missed: (await store.missed(bob.userId, { id: 0n, version: 0 }, 1000)).entries.length,
};

rmSync(ballast);
await recovered.promise;
const afterwards = { refusal: await commit(), check: await store.check(), health };
const last = await store.page(bob, chat, { limit: 1 });
clearInterval(alive);
await store.close();
console.log(
  JSON.stringify({ acknowledged, whileFull, afterwards, head: 'headSeq' in last ? last.headSeq : -1 }),
);
