import { WireReader, WireWriter } from '../varint.ts';
import type { Field, FieldKind, Fields, Plain } from './fields.ts';

/**
 * Protobuf by table, for pages: the generated code's runtime weighs 20 KB compressed, this 1 KB. Unknown fields are
 * passed over, and the last value of a field wins, as the format wants.
 */

const varintType = 0;
const bytesType = 2;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Throws `WireError` at bytes that are not protobuf. */
export function decode<F extends Fields>(fields: F, bytes: Uint8Array): Plain<F> {
  return decodeRange(fields, bytes, 0, bytes.length) as Plain<F>;
}

export function encode<F extends Fields>(fields: F, value: Plain<F>): Uint8Array {
  const writer = new WireWriter();
  for (const [name, field] of Object.entries(fields)) {
    const given = (value as Record<string, unknown>)[name];
    if (given === undefined) continue;
    for (const one of field[2] ? (given as unknown[]) : [given]) write(writer, field, one);
  }
  return writer.takeAfter(new Uint8Array());
}

function write(writer: WireWriter, [number, kind]: Field, value: unknown): void {
  switch (kind) {
    case 'uint64':
      writer.uint64Text(number, value as string);
      break;
    case 'uint32':
    case 'bool':
      writer.number(number, Number(value));
      break;
    case 'string':
      writer.bytes(number, encoder.encode(value as string));
      break;
    default:
      writer.bytes(number, encode(kind, value as Plain<Fields>));
  }
}

type ByNumber = ReadonlyMap<number, readonly [name: string, kind: FieldKind, isList: boolean]>;

const indexes = new WeakMap<Fields, ByNumber>();

function indexOf(fields: Fields): ByNumber {
  let index = indexes.get(fields);
  if (index === undefined) {
    index = new Map(
      Object.entries(fields).map(([name, [number, kind, list]]) => [
        number,
        [name, kind, list !== undefined],
      ]),
    );
    indexes.set(fields, index);
  }
  return index;
}

function decodeRange(fields: Fields, bytes: Uint8Array, start: number, end: number): Record<string, unknown> {
  const index = indexOf(fields);
  const value: Record<string, unknown> = {};
  for (const [name, [, , list]] of Object.entries(fields)) if (list) value[name] = [];
  const reader = new WireReader(bytes, start, end);
  while (!reader.done) {
    const tag = reader.uint32();
    const field = index.get(tag >>> 3);
    const wireType = tag & 7;
    if (field === undefined || (wireType !== wireTypeOf(field[1]) && !isPacked(field, wireType))) {
      reader.skip(wireType);
      continue;
    }
    const [name, kind, isList] = field;
    if (!isList) value[name] = read(reader, kind, bytes);
    else if (isPacked(field, wireType)) readPacked(reader, kind, bytes, value[name] as unknown[]);
    else (value[name] as unknown[]).push(read(reader, kind, bytes));
  }
  return value;
}

function wireTypeOf(kind: FieldKind): number {
  return kind === 'string' || typeof kind === 'object' ? bytesType : varintType;
}

/** Either way of writing a list of numbers is to be read, whatever the schema says. */
function isPacked([, kind, isList]: readonly [string, FieldKind, boolean], wireType: number): boolean {
  return isList && wireType === bytesType && wireTypeOf(kind) === varintType;
}

function readPacked(reader: WireReader, kind: FieldKind, bytes: Uint8Array, into: unknown[]): void {
  const length = reader.lengthDelimited();
  const packed = new WireReader(bytes, reader.offset - length, reader.offset);
  while (!packed.done) into.push(read(packed, kind, bytes));
}

function read(reader: WireReader, kind: FieldKind, bytes: Uint8Array): unknown {
  switch (kind) {
    case 'uint64':
      return reader.uint64Text();
    case 'uint32':
      return reader.uint32();
    case 'bool':
      reader.varint();
      return reader.low !== 0 || reader.high !== 0;
    case 'string': {
      const length = reader.lengthDelimited();
      return decoder.decode(bytes.subarray(reader.offset - length, reader.offset));
    }
    default: {
      const length = reader.lengthDelimited();
      return decodeRange(kind, bytes, reader.offset - length, reader.offset);
    }
  }
}
