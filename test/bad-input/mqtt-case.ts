import { expect } from 'vitest';
import type { Case } from './case.ts';
import { type ConnectWords, connect, pingreq } from './mqtt-bytes.ts';
import { RawLine } from './raw-line.ts';
import { mallory, type Stage } from './stage.ts';

/** `closed`: the line ends without a word. `goes on`: no answer, and the connection lives. */
export type Gets =
  | 'closed'
  | 'goes on'
  | { readonly connack: number }
  | { readonly disconnect: number }
  | { readonly suback: number }
  | { readonly puback: number };

export interface MqttCase {
  readonly name: string;
  /** Only in this version; default: tried in both. */
  readonly only?: 4 | 5;
  /** Said on a new line instead of a CONNECT. */
  readonly opens?: (version: 4 | 5, as: ConnectWords) => Uint8Array;
  /** Said after a good CONNECT was accepted. */
  readonly says?: (version: 4 | 5) => Uint8Array;
  readonly gets: Gets;
  /** In 3.1.1. Default: the same, but where MQTT 5 has a DISCONNECT the line ends without a word. */
  readonly gets4?: Gets;
}

export function mqttCases(table: readonly MqttCase[]): Case[] {
  return table.flatMap((one) =>
    (one.only ? [one.only] : ([4, 5] as const)).map((version) => ({
      name: `${one.name} (MQTT ${version})`,
      run: (stage) => tryOut(stage, one, version),
    })),
  );
}

async function tryOut(stage: Stage, one: MqttCase, version: 4 | 5): Promise<void> {
  const line = new RawLine(stage.server.mqttPort);
  const as = { version, user: mallory, token: stage.token(mallory) };
  if (one.opens) line.say(one.opens(version, as));
  else {
    line.say(connect(as));
    expect((await line.packet('connack', version)).reasonCode).toBe(0);
  }
  if (one.says) line.say(one.says(version));
  await expectAnswer(line, version, version === 5 ? one.gets : (one.gets4 ?? silenced(one.gets)));
  line.close();
}

function silenced(gets: Gets): Gets {
  return typeof gets === 'object' && 'disconnect' in gets ? 'closed' : gets;
}

async function expectAnswer(line: RawLine, version: 4 | 5, gets: Gets): Promise<void> {
  if (gets === 'goes on') {
    line.say(pingreq);
    await line.packet('pingresp', version);
  } else if (gets === 'closed') {
    await line.end();
    expect(line.packets(version).filter(({ type }) => type !== 'connack')).toEqual([]);
  } else if ('connack' in gets) {
    expect(await line.packet('connack', version)).toMatchObject({ reasonCode: gets.connack });
    await line.end();
  } else if ('disconnect' in gets) {
    expect(await line.packet('disconnect', version)).toMatchObject({ reasonCode: gets.disconnect });
    await line.end();
  } else if ('suback' in gets) {
    expect(await line.packet('suback', version)).toMatchObject({ reasonCodes: [gets.suback] });
    await expectAnswer(line, version, 'goes on');
  } else {
    expect(await line.packet('puback', version)).toMatchObject({ reasonCode: gets.puback });
    await expectAnswer(line, version, 'goes on');
  }
}
