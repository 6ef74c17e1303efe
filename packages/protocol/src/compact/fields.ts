import type { Message, MessageInitShape } from '@bufbuild/protobuf';
import type { GenMessage } from '@bufbuild/protobuf/codegenv2';

/**
 * What the compact codec needs to know of a message `M` of the generated code: the number and kind of each field. Enums
 * are `uint32`; a oneof is a table of its cases. `tables.ts` is held to the compiled schema by a test.
 */
export type Fields<M> = { readonly [name: string]: Field | Oneof } & { readonly [compiled]?: M };

declare const compiled: unique symbol;

export type Field = readonly [number: number, kind: FieldKind, list?: 'list'];

export interface Oneof {
  readonly [name: string]: Field;
}

export type FieldKind = 'uint64' | 'uint32' | 'bool' | 'string' | Fields<unknown>;

/** The compiler sees to it that no field of the message is forgotten. */
export function fieldsOf<M extends Message>(
  fields: {
    readonly [Name in Exclude<keyof M, keyof Message>]: Field | Oneof;
  },
): Fields<M> {
  return fields as Fields<M>;
}

/** What `create` of the generated code takes, too. */
export type Init<M extends Message> = MessageInitShape<GenMessage<M>>;

export function isField(field: Field | Oneof): field is Field {
  return Array.isArray(field);
}
