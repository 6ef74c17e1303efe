import { Repository } from '../repository.ts';
import type { Rule } from '../rule.ts';

/** A repository out of a few files; a manifest may be written as an object, and the root has one in any case. */
export function repositoryWith(
  files: Record<string, string | object>,
  commandsOf?: (dependency: string) => readonly string[],
): Repository {
  const texts = Object.entries({ 'package.json': { name: 'root' }, ...files }).map(
    ([path, content]) => [path, typeof content === 'string' ? content : JSON.stringify(content)] as const,
  );
  return new Repository(new Map(texts), commandsOf);
}

/** What a rule finds, one `file:line message` each. */
export function found(rule: Rule, files: Record<string, string | object>): string[] {
  return foundIn(rule, repositoryWith(files));
}

export function foundIn(rule: Rule, repository: Repository): string[] {
  return [...rule.find(repository)].map(
    ({ file, line, message }) => `${file}${line ? `:${line}` : ''} ${message}`,
  );
}
