/**
 * A process to be killed: commits small batches without end, and prints a line for each entry that was acknowledged
 * (`stored <conversation> <seq> <key>`), each feed version that was told (`version <user> <version>`) and each batch
 * that was refused (`refused <key> ...`). Arguments: data directory, first key.
 */
import { writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { directConversation } from '@skein/protocol';
import { append, person, raise, stored } from '../../contract/words.ts';
import { openSqliteStore } from '../sqlite-store.ts';

const [dataDir, firstKey] = process.argv.slice(2) as [string, string];
const users = ['1001', '1002', '1003'].map((id) => person(id));
const store = openSqliteStore({ dataDir });

for (let key = BigInt(firstKey); ; ) {
  const sends = Array.from({ length: 3 }, () => {
    key += 1n;
    const from = users[Number(key % 3n)]!;
    const to = users[Number((key / 3n) % 3n)]!;
    return append(from, directConversation(from.userId, to.userId), { key, text: `${key}` });
  });
  const receipt = raise(sends[0]!.sender, sends[0]!.conversationId, 'read', Number.MAX_SAFE_INTEGER);
  try {
    const outcomes = await store.commit([...sends, receipt]);
    outcomes.slice(0, sends.length).forEach((outcome, i) => {
      const { entry } = stored(outcome);
      say(`stored ${entry.conversationId} ${entry.seq} ${sends[i]!.draft.clientMessageId}`);
    });
    const { version } = await store.feed(users[0]!.userId, 0, 1);
    say(`version ${users[0]!.userId} ${version}`);
  } catch (error) {
    if (!(error instanceof Error && error.name === 'StoreUnavailable')) throw error;
    say(`refused ${sends.map((send) => send.draft.clientMessageId).join(' ')}`);
    await wait(20);
  }
}

/** At once and whole: what is not written when the process dies was not said. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}
