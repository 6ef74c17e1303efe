import { createSkein } from '@skein/client';
import { startSkein, until } from '@skein/testkit';
import { expect, test } from 'vitest';
import { Echo } from './echo.ts';

test('the bot answers once', async () => {
  await using server = await startSkein();
  const bot = createSkein({ url: server.url, token: () => server.token('9000', 'service') });
  const echo = new Echo(bot);
  const person = createSkein({ url: server.url, token: () => server.token('1001') });
  const talk = person.conversation({ person: '9000' });
  talk.subscribe(() => {});
  await talk.send('hello');
  await until(() => talk.view.entries.length === 2);
  await talk.send('again');
  await until(() => talk.view.entries.length === 4);
  expect(talk.view.entries.map(({ content }) => content)).toEqual([
    'hello',
    'You said: hello',
    'again',
    'You said: again',
  ]);
  echo.stop();
  bot.close();
  person.close();
});
