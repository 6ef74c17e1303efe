import { type Node, parseSync, visitorKeys } from 'oxc-parser';

/** What one import, re-export or `import('x')` takes from another module. */
export interface Import {
  readonly specifier: string;
  /** Exported names of the other module; 'all' for `* as x`, `export *` and dynamic imports. */
  readonly names: readonly string[] | 'all';
  readonly line: number;
}

export interface Export {
  readonly name: string;
  /** An interface or a type, under its own name. */
  readonly isType: boolean;
  readonly line: number;
}

export interface SourceFunction {
  readonly name: string;
  readonly line: number;
  /** From the first line of its head to its closing brace. */
  readonly lines: number;
}

/** A string or a comment, with the line it begins on. */
export interface Text {
  readonly value: string;
  readonly line: number;
}

/** A call, such as `it.each(table)('name', body)`: path `['it', 'each']`, its first argument when that is a string. */
export interface Call {
  readonly path: readonly string[];
  readonly firstText: string | undefined;
  /** The function called in the first argument, as in `describe.skipIf(without('x'))`. */
  readonly firstCall: string | undefined;
  /** It calls what another call answered, as the second call of `it.each(table)('name', body)` does. */
  readonly curried: boolean;
  readonly line: number;
}

type Visit = (node: Node, parent: Node | undefined) => void;

/** A parsed TypeScript or JavaScript file; every fact is read off the syntax, none is guessed from the text. */
export class Module {
  readonly path: string;
  readonly text: string;
  readonly #parsed: ReturnType<typeof parseSync>;
  readonly #lineStarts: readonly number[];

  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
    this.#parsed = parseSync(path, text);
    this.#lineStarts = [0, ...[...text.matchAll(/\n/g)].map((match) => match.index + 1)];
    const [error] = this.#parsed.errors;
    if (error) throw new Error(`${path} does not parse: ${error.message}`);
  }

  /** Counts from 1. */
  lineOf(offset: number): number {
    let low = 0;
    let high = this.#lineStarts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#lineStarts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }

  get lineCount(): number {
    return this.#lineStarts.length - (this.text.endsWith('\n') ? 1 : 0);
  }

  /** Every node with its parent, from the outside in. */
  walk(visit: Visit): void {
    walkNode(this.#parsed.program, undefined, visit);
  }

  get imports(): Import[] {
    const { staticImports, staticExports } = this.#parsed.module;
    const found: Import[] = staticImports.map(({ moduleRequest, entries, start }) => ({
      specifier: moduleRequest.value,
      names: entries.some((entry) => entry.importName.kind === 'NamespaceObject')
        ? 'all'
        : entries.map((entry) => entry.importName.name ?? 'default'),
      line: this.lineOf(start),
    }));
    for (const entry of staticExports.flatMap((statement) => statement.entries)) {
      if (entry.moduleRequest === null) continue;
      const names = entry.importName.kind === 'Name' ? [entry.importName.name ?? 'default'] : 'all';
      found.push({ specifier: entry.moduleRequest.value, names, line: this.lineOf(entry.start) });
    }
    this.walk((node) => {
      if (node.type !== 'ImportExpression' && node.type !== 'TSImportType') return;
      const { source } = node;
      if (source.type !== 'Literal' || typeof source.value !== 'string') return;
      found.push({ specifier: source.value, names: 'all', line: this.lineOf(node.start) });
    });
    return found;
  }

  /** The names that it declares and exports, and those it passes on by name. */
  get exports(): Export[] {
    return this.#parsed.module.staticExports.flatMap((statement) =>
      statement.entries
        .filter((entry) => entry.exportName.kind !== 'None')
        .map((entry) => ({
          name: entry.exportName.name ?? 'default',
          isType: entry.isType,
          line: this.lineOf(entry.start),
        })),
    );
  }

  /** How often a name stands in the code, as a name of anything. */
  mentions(name: string): number {
    let count = 0;
    this.walk((node) => {
      if (node.type === 'Identifier' && node.name === name) count += 1;
    });
    return count;
  }

  get comments(): Text[] {
    return this.#parsed.comments.map(({ value, start }) => ({ value, line: this.lineOf(start) }));
  }

  get strings(): Text[] {
    const found: Text[] = [];
    this.walk((node) => {
      if (node.type === 'Literal' && typeof node.value === 'string') {
        found.push({ value: node.value, line: this.lineOf(node.start) });
      }
    });
    return found;
  }

  get functions(): SourceFunction[] {
    const found: SourceFunction[] = [];
    this.walk((node, parent) => {
      if (!('body' in node) || !/Function/.test(node.type)) return;
      const line = this.lineOf(node.start);
      found.push({ name: nameOfFunction(node, parent), line, lines: this.lineOf(node.end - 1) - line + 1 });
    });
    return found;
  }

  get calls(): Call[] {
    const found: Call[] = [];
    this.walk((node) => {
      if (node.type !== 'CallExpression') return;
      const [first] = node.arguments;
      found.push({
        path: pathOf(node.callee),
        firstText: first && textOf(first),
        firstCall: first?.type === 'CallExpression' ? pathOf(first.callee).join('.') : undefined,
        curried: node.callee.type === 'CallExpression' || node.callee.type === 'TaggedTemplateExpression',
        line: this.lineOf(node.start),
      });
    });
    return found;
  }
}

function walkNode(node: Node, parent: Node | undefined, visit: Visit): void {
  visit(node, parent);
  for (const key of visitorKeys[node.type] ?? []) {
    const child = (node as unknown as Record<string, Node | readonly (Node | null)[] | null>)[key];
    if (Array.isArray(child)) {
      for (const item of child) if (item) walkNode(item, node, visit);
    } else if (child) walkNode(child as Node, node, visit);
  }
}

function nameOfFunction(node: Node, parent: Node | undefined): string {
  if ('id' in node && node.id?.type === 'Identifier') return node.id.name;
  if (parent?.type === 'VariableDeclarator' && parent.id.type === 'Identifier') return parent.id.name;
  if (parent && 'key' in parent && 'name' in parent.key) return String(parent.key.name);
  return 'a function without a name';
}

/** `it.each(table)` and `it.each` both give `['it', 'each']`; what is not a plain path gives what of it is. */
function pathOf(callee: Node): string[] {
  if (callee.type === 'Identifier') return [callee.name];
  if (callee.type === 'CallExpression') return pathOf(callee.callee);
  if (callee.type === 'TaggedTemplateExpression') return pathOf(callee.tag);
  if (callee.type !== 'MemberExpression' || callee.computed) return [];
  return [...pathOf(callee.object), callee.property.name];
}

function textOf(node: Node): string | undefined {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type === 'TemplateLiteral') return node.quasis.map((quasi) => quasi.value.raw).join(' ');
  return undefined;
}
