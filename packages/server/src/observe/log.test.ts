import { expect, test } from 'vitest';
import { createLog, type LogForm, type LogLevel } from './log.ts';

function lines(
  form: LogForm,
  level: LogLevel = 'info',
): { log: ReturnType<typeof createLog>; said: string[] } {
  const said: string[] = [];
  return { log: createLog(form, level, { write: (line) => said.push(line) }), said };
}

test('as JSON, an event is one line with its level, time and facts', () => {
  const { log, said } = lines('json');
  log.info('listening', { url: 'http://127.0.0.1:7080', mqttPort: 1883, absent: undefined });
  log.warn('alone');
  expect(said.map((line) => JSON.parse(line))).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      event: 'listening',
      url: 'http://127.0.0.1:7080',
      mqttPort: 1883,
    },
    { level: 'warn', time: expect.any(String), event: 'alone' },
  ]);
});

test('as text, a value can neither begin a line nor look like another fact', () => {
  const { log, said } = lines('text');
  log.error('odd', { plain: 'a/b', spaced: 'x user=9001', broken: 'a\n12:00:00.000 info forged', empty: '' });
  expect(said).toHaveLength(1);
  expect(said[0]?.slice(13)).toBe(
    'error odd plain=a/b spaced="x user=9001" broken="a\\n12:00:00.000 info forged" empty=""\n',
  );
});

test('what is below the level, or off, is not said', () => {
  const quiet = lines('json', 'warn');
  quiet.log.info('no');
  quiet.log.debug('no');
  quiet.log.warn('yes');
  expect(quiet.said).toHaveLength(1);
  const off = lines('off', 'debug');
  off.log.error('no');
  expect(off.said).toEqual([]);
});
