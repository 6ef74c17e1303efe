import { expect, test } from 'vitest';
import * as plain from './enums.ts';
import * as enums from './gen/skein/v1/enums_pb.js';
import * as payloads from './gen/skein/v1/message_pb.js';

/** A generated enum also leads from numbers to names. */
function names(generated: object): object {
  return Object.fromEntries(Object.entries(generated).filter(([name]) => !/^\d/.test(name)));
}

test.each([
  ['MessageType', plain.MessageType, enums.MessageType],
  ['ServiceType', plain.ServiceType, enums.ServiceType],
  ['ServiceMessageDirection', plain.ServiceMessageDirection, enums.ServiceMessageDirection],
  ['Receipt_Kind', plain.Receipt_Kind, payloads.Receipt_Kind],
  ['Notice_Kind', plain.Notice_Kind, payloads.Notice_Kind],
])('M4 %s has the names and numbers of the schema', (_name, written, generated) => {
  expect(written).toEqual(names(generated));
});
