import {
  create,
  type DescField,
  type DescMessage,
  fromBinary,
  type Message,
  ScalarType,
  toBinary,
} from '@bufbuild/protobuf';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as calls from '../gen/skein/v1/chat_service_pb.js';
import * as payloads from '../gen/skein/v1/message_pb.js';
import { maxUint64 } from '../ids.ts';
import { WireError } from '../varint.ts';
import { decode, encode } from './codec.ts';
import type { Field, FieldKind, Fields } from './fields.ts';
import * as tables from './tables.ts';

type Table = Fields<Message>;

const pairs: readonly (readonly [string, Table, DescMessage])[] = [
  ['Message', tables.messageFields, payloads.MessageSchema],
  ['ServiceMessage', tables.serviceMessageFields, payloads.ServiceMessageSchema],
  ['Ack', tables.ackFields, payloads.AckSchema],
  ['Receipt', tables.receiptFields, payloads.ReceiptSchema],
  ['Typing', tables.typingFields, payloads.TypingSchema],
  ['Presence', tables.presenceFields, payloads.PresenceSchema],
  ['Notice', tables.noticeFields, payloads.NoticeSchema],
  ['BaseUserUnreadStatics', tables.unreadFields, payloads.BaseUserUnreadStaticsSchema],
  ['Entry', tables.entryFields, payloads.EntrySchema],
  ['FeedChange', tables.feedChangeFields, payloads.FeedChangeSchema],
  ['ListConversationsRequest', tables.listConversationsRequestFields, calls.ListConversationsRequestSchema],
  [
    'ListConversationsResponse',
    tables.listConversationsResponseFields,
    calls.ListConversationsResponseSchema,
  ],
  ['ListMessagesRequest', tables.listMessagesRequestFields, calls.ListMessagesRequestSchema],
  ['ListMessagesResponse', tables.listMessagesResponseFields, calls.ListMessagesResponseSchema],
  ['GetPositionsRequest', tables.getPositionsRequestFields, calls.GetPositionsRequestSchema],
  ['GetPositionsResponse', tables.getPositionsResponseFields, calls.GetPositionsResponseSchema],
  ['MarkReadRequest', tables.markReadRequestFields, calls.MarkReadRequestSchema],
  ['MarkReadResponse', tables.markReadResponseFields, calls.MarkReadResponseSchema],
];

/** The table that the compiled schema would have. */
function tableOf(schema: DescMessage): Table {
  const table: Record<string, Table[string]> = {};
  for (const member of schema.members) {
    table[member.localName] =
      member.kind === 'oneof'
        ? Object.fromEntries(member.fields.map((field) => [field.localName, fieldOf(field)]))
        : fieldOf(member);
  }
  return table;
}

function fieldOf(field: DescField): Field {
  const kind = field.message ? tableOf(field.message) : scalarKind(field.scalar);
  return field.fieldKind === 'list' ? [field.number, kind, 'list'] : [field.number, kind];
}

function scalarKind(scalar: ScalarType | undefined): FieldKind {
  switch (scalar) {
    case ScalarType.UINT64:
      return 'uint64';
    case ScalarType.STRING:
      return 'string';
    case ScalarType.BOOL:
      return 'bool';
    default:
      return 'uint32';
  }
}

/** Any value that generated code can write: required fields are there. */
function anyValue(schema: DescMessage): fc.Arbitrary<Record<string, unknown>> {
  const model: Record<string, fc.Arbitrary<unknown>> = {};
  const requiredKeys: string[] = [];
  for (const member of schema.members) {
    const name = member.localName;
    if (member.kind === 'oneof') {
      const cases = member.fields.map((field) =>
        anyOf(field).map((value) => ({ case: field.localName, value })),
      );
      model[name] = fc.oneof(fc.constant({ case: undefined }), ...cases);
      requiredKeys.push(name);
    } else {
      const isList = member.fieldKind === 'list';
      model[name] = isList ? fc.array(anyOf(member), { maxLength: 3 }) : anyOf(member);
      if (isList || member.presence === 3) requiredKeys.push(name);
    }
  }
  return fc.record(model, { requiredKeys });
}

function anyOf(field: DescField): fc.Arbitrary<unknown> {
  if (field.message) return anyValue(field.message);
  switch (scalarKind(field.scalar)) {
    case 'uint64':
      return fc.oneof(
        fc.constantFrom(0n, (1n << 53n) + 1n, maxUint64).map(String),
        fc.bigInt({ min: 0n, max: maxUint64 }).map(String),
      );
    case 'bool':
      return fc.boolean();
    case 'string':
      return fc.string({ unit: 'grapheme', maxLength: 20 });
    default:
      return fc.constantFrom(0, 1, 2);
  }
}

describe.each(pairs)(
  'M4 the compact codec and generated code mean the same by %s',
  (_name, fields, schema) => {
    test('the table is that of the schema', () => {
      expect(fields).toEqual(tableOf(schema));
    });

    test('what is written is read by generated code, and written back the same', () => {
      fc.assert(
        fc.property(anyValue(schema), (value) => {
          const seen = fromBinary(schema, encode(fields, value as never));
          expect(seen.$unknown).toBeUndefined();
          expect(decode(fields, toBinary(schema, seen))).toEqual(value);
        }),
        { numRuns: 200 },
      );
    });
  },
);

describe('the compact codec', () => {
  test('passes over fields of later versions and of other types', () => {
    const later = Uint8Array.of(0xf8, 0x07, 1, 0x0a, 1, 65, 0x10, 7);
    expect(decode(tables.receiptFields, later)).toEqual({ conversationId: 'A', userId: '7' });
    expect(decode({ only: [1, 'uint64'] } as Table, later)).toEqual({});
  });

  test('reads a list of numbers packed or not', () => {
    const fields: Table = { numbers: [1, 'uint64', 'list'] };
    expect(decode(fields, Uint8Array.of(0x0a, 2, 1, 2, 0x08, 3))).toEqual({ numbers: ['1', '2', '3'] });
  });

  test('refuses what is cut off', () => {
    const whole = encode(tables.receiptFields, { conversationId: 'dm:1:2', seq: '5' });
    expect(() => decode(tables.receiptFields, whole.subarray(0, 4))).toThrow(WireError);
  });

  test('reads what generated code writes of a full page', () => {
    const message = { messageId: '1', senderId: '2', content: '你好', createTime: '3', receiverId: '4' };
    const page = create(calls.ListMessagesResponseSchema, {
      entries: [{ body: { case: 'message', value: message } }],
      headSeq: '1',
    });
    const bytes = toBinary(calls.ListMessagesResponseSchema, page);
    expect(decode(tables.listMessagesResponseFields, bytes)).toEqual({
      entries: [{ body: { case: 'message', value: message } }],
      headSeq: '1',
    });
  });

  test('an absent field reads as its default, and is no property', () => {
    const ack = decode(tables.ackFields, new Uint8Array());
    expect([ack.seq, ack.code, ack.reason]).toEqual(['0', 0, '']);
    expect(Object.keys(ack)).toEqual([]);
  });
});
