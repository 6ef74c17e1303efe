import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isMessage, MessageType } from './message-type.ts';

test('the message types are those of the schema', () => {
  const folder = join(import.meta.dirname, '../../../proto/skein/v1');
  const schema = readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n');
  const numbers = [...schema.matchAll(/MESSAGE_TYPE_(\w+) = (\d+);/g)].map((m) => [m[1], Number(m[2])]);
  expect(Object.fromEntries(numbers)).toEqual(MessageType);
});

test('N1 events, recalls and edits are no messages; a type of a later version is one', () => {
  const no = [...Object.values(MessageType), 42].filter((type) => !isMessage(type));
  expect(no).toEqual([MessageType.EVENT, MessageType.RECALL, MessageType.EDIT]);
});
