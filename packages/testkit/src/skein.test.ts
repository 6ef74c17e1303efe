import { expect, it } from 'vitest';
import { findListening } from './skein.ts';

const line = '{"event":"listening","url":"http://127.0.0.1:7080","mqttPort":1883}';

it('the server is ready when the whole line is there', () => {
  expect(findListening('')).toBeUndefined();
  expect(findListening(line.slice(0, -9))).toBeUndefined();
  expect(findListening(line)).toBeUndefined();
  expect(findListening(`a warning\n${line}\n{"event":"connect"`)).toMatchObject({
    url: 'http://127.0.0.1:7080',
    mqttPort: 1883,
  });
});
