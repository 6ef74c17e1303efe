/**
 * What the compact codec needs to know of a message: the number and kind of each field. Enums are `uint32`; a table of
 * its own is a nested message. The tables of `messages.ts` are held to the compiled schema by a test.
 */
export interface Fields {
  readonly [name: string]: Field;
}

export type Field = readonly [number: number, kind: FieldKind, list?: 'list'];

export type FieldKind = 'uint64' | 'uint32' | 'bool' | 'string' | Fields;

/** The plain object of a table: 64-bit numbers in decimal, absent fields missing. */
export type Plain<F extends Fields> = {
  -readonly [Name in keyof F]?: F[Name] extends readonly [number, infer Kind, 'list']
    ? readonly PlainOf<Kind>[]
    : PlainOf<F[Name][1]>;
};

type PlainOf<Kind> = Kind extends 'uint64' | 'string'
  ? string
  : Kind extends 'uint32'
    ? number
    : Kind extends 'bool'
      ? boolean
      : Kind extends Fields
        ? Plain<Kind>
        : never;
