import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import {
  create,
  type DescField,
  type DescMessage,
  equals,
  fromBinary,
  fromJsonString,
  type MessageInitShape,
  ScalarType,
  toBinary,
  toJsonString,
} from '@bufbuild/protobuf';
import * as fc from 'fast-check';
import type * as jspb from 'google-protobuf';
import protobufjs from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { file_skein_v1_message } from './gen/skein/v1/message_pb.js';
import { maxUint64 } from './ids.ts';

/**
 * The same `.proto` files in two other implementations: google-protobuf with code that protoc has made of them
 * (`npm run testdata -w @skein/protocol`), and protobufjs, which parses them here and now.
 */
const compiled = createRequire(import.meta.url)('../testdata/gen/skein/v1/message_pb.js') as Record<
  string,
  { deserializeBinary(bytes: Uint8Array): jspb.Message }
>;

const root = new protobufjs.Root();
root.resolvePath = (_, target) => fileURLToPath(new URL(`../../../proto/${target}`, import.meta.url));
root.loadSync('skein/v1/message.proto');

const uint64 = fc.oneof(
  fc.constantFrom(0n, (1n << 53n) + 1n, 1n << 63n, maxUint64).map(String),
  fc.bigInt({ min: 0n, max: maxUint64 }).map(String),
);

/** Any value of a message: each of its fields, present or absent, repeated ones up to three times. */
function anyMessage<Desc extends DescMessage>(schema: Desc): fc.Arbitrary<MessageInitShape<Desc>> {
  const model: Record<string, fc.Arbitrary<unknown>> = {};
  const requiredKeys: string[] = [];
  for (const field of schema.fields) {
    if (field.oneof) continue;
    model[field.localName] = anyField(field);
    if (field.presence === 3) requiredKeys.push(field.localName);
  }
  for (const oneof of schema.oneofs) {
    model[oneof.localName] = fc.oneof(
      ...oneof.fields.map((field) => anyField(field).map((value) => ({ case: field.localName, value }))),
    );
  }
  return fc.record(model, { requiredKeys }) as fc.Arbitrary<MessageInitShape<Desc>>;
}

function anyField(field: DescField): fc.Arbitrary<unknown> {
  switch (field.fieldKind) {
    case 'message':
      return anyMessage(field.message);
    case 'list':
      if (!field.message) throw new Error(`${field}: no case for this field yet`);
      return fc.array(anyMessage(field.message), { maxLength: 3 });
    case 'enum':
      // Numbers that this version does not know are part of what must survive.
      return field.enum.open ? fc.constantFrom(0, 1, 7, 100, 4711) : fc.constantFrom(0, 1, 2);
    case 'scalar':
      return anyScalar(field.scalar);
    default:
      throw new Error(`${field}: no case for this field yet`);
  }
}

function anyScalar(type: ScalarType): fc.Arbitrary<unknown> {
  switch (type) {
    case ScalarType.UINT64:
      return uint64;
    case ScalarType.UINT32:
      return fc.integer({ min: 0, max: 0xffff_ffff });
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.STRING:
      return fc.string({ unit: 'grapheme', maxLength: 20 });
    default:
      throw new Error(`no case for scalar type ${type} yet`);
  }
}

describe.each(file_skein_v1_message.messages.map((schema) => [schema.name, schema] as const))(
  'M3 M4 %s means the same to every implementation',
  (name, schema) => {
    function survives(way: (bytes: Uint8Array) => Uint8Array): void {
      fc.assert(
        fc.property(anyMessage(schema), (init) => {
          const sent = create(schema, init);
          const arrived = fromBinary(schema, way(toBinary(schema, sent)));
          expect(arrived.$unknown).toBeUndefined();
          if (!equals(schema, sent, arrived)) expect(arrived).toEqual(sent);
        }),
        { numRuns: 100 },
      );
    }

    test('google-protobuf, compiled by protoc', () => {
      survives((bytes) => compiled[name]!.deserializeBinary(bytes).serializeBinary());
    });

    test('protobufjs, from the .proto files', () => {
      const type = root.lookupType(`skein.v1.${name}`);
      survives((bytes) => type.encode(type.decode(bytes)).finish());
    });

    test('JSON, as the calls over HTTP have it', () => {
      fc.assert(
        fc.property(anyMessage(schema), (init) => {
          const sent = create(schema, init);
          const arrived = fromJsonString(schema, toJsonString(schema, sent));
          if (!equals(schema, sent, arrived)) expect(arrived).toEqual(sent);
        }),
        { numRuns: 100 },
      );
    });
  },
);
