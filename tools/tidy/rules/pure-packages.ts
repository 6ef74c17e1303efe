import type { Node } from 'oxc-parser';
import type { Module } from '../module.ts';
import { isTest } from '../repository.ts';
import type { Problem, Rule } from '../rule.ts';

/** The packages whose input and present time go in and whose effects and next deadline come out. */
const pure = /^packages\/(protocol|mqtt|chat|sync)\/src\//;

/** What they must not own, and what to do instead. */
const banned = new Map(
  Object.entries({
    'a clock: take the time as an argument': ['performance'],
    'a timer: answer the next deadline instead': [
      'setTimeout',
      'setInterval',
      'setImmediate',
      'queueMicrotask',
    ],
    'a promise: answer an effect instead, and take its outcome as an input': ['Promise'],
    'randomness: take the value as an argument': ['crypto'],
    'a socket: answer an effect instead': [
      'fetch',
      'WebSocket',
      'XMLHttpRequest',
      'EventSource',
      'navigator',
    ],
    'storage: answer an effect instead': ['localStorage', 'sessionStorage', 'indexedDB', 'caches'],
    'a platform: it runs in browsers and in Node': [
      'process',
      'Buffer',
      'window',
      'document',
      'globalThis',
      'self',
    ],
  }).flatMap(([what, names]) => names.map((name) => [name, what] as const)),
);

const bannedMembers = new Map([
  ['Date.now', 'a clock: take the time as an argument'],
  ['Math.random', 'randomness: take the value as an argument'],
]);

export const purePackages: Rule = {
  name: 'pure-packages',
  *find(repository): Iterable<Problem> {
    for (const module of repository.written) {
      if (!pure.test(module.path) || isTest(module.path)) continue;
      for (const { specifier, line } of module.imports) {
        if (!specifier.startsWith('node:')) continue;
        yield {
          file: module.path,
          line,
          message: `${specifier} is of one platform; a pure package runs on all`,
        };
      }
      yield* impurities(module);
    }
  },
};

function impurities(module: Module): Problem[] {
  const problems: Problem[] = [];
  const own = declaredNames(module);
  const report = (node: Node, name: string, what: string) =>
    problems.push({
      file: module.path,
      line: module.lineOf(node.start),
      message: `${name}: a pure package owns no ${what.replace(/^an? /, '')}`,
    });
  module.walk((node, parent) => {
    if (node.type === 'AwaitExpression') report(node, 'await', banned.get('Promise')!);
    if ('async' in node && node.async === true) report(node, 'async', banned.get('Promise')!);
    if (node.type === 'NewExpression' && isNamed(node.callee, 'Date') && node.arguments.length === 0) {
      report(node, 'new Date()', bannedMembers.get('Date.now')!);
    }
    if (
      node.type === 'MemberExpression' &&
      node.object.type === 'Identifier' &&
      node.property.type === 'Identifier'
    ) {
      const name = `${node.object.name}.${node.property.name}`;
      const what = bannedMembers.get(name);
      if (what !== undefined) report(node, name, what);
    }
    if (node.type !== 'Identifier' || own.has(node.name) || isMerelyAName(node, parent)) return;
    const what = banned.get(node.name);
    if (what !== undefined) report(node, node.name, what);
  });
  return problems;
}

function isNamed(node: Node, name: string): boolean {
  return node.type === 'Identifier' && node.name === name;
}

/** The `process` of `x.process`, `{ process: 1 }` or `interface X { process: Y }` is not the global one. */
function isMerelyAName(node: Node, parent: Node | undefined): boolean {
  if (parent === undefined) return false;
  if (parent.type === 'MemberExpression') return parent.property === node && !parent.computed;
  if ('key' in parent && parent.key === node) return !('computed' in parent && parent.computed);
  return false;
}

/** Every name that the module binds itself, in any scope: functions, variables, parameters, imports, types. */
function declaredNames(module: Module): Set<string> {
  const names = new Set<string>();
  const bind = (pattern: Node | null | undefined): void => {
    if (!pattern) return;
    if (pattern.type === 'Identifier') names.add(pattern.name);
    else if (pattern.type === 'ObjectPattern') {
      for (const property of pattern.properties)
        bind(property.type === 'RestElement' ? property.argument : property.value);
    } else if (pattern.type === 'ArrayPattern') pattern.elements.forEach(bind);
    else if (pattern.type === 'AssignmentPattern') bind(pattern.left);
    else if (pattern.type === 'RestElement') bind(pattern.argument);
  };
  module.walk((node) => {
    if ('id' in node) bind(node.id as Node | null);
    if ('params' in node && Array.isArray(node.params)) (node.params as Node[]).forEach(bind);
    if ('local' in node && node.type.startsWith('Import')) bind(node.local as Node);
  });
  return names;
}
