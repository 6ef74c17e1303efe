import { dirname, join, normalize } from 'node:path/posix';
import type { Repository } from '../repository.ts';
import type { Problem, Rule } from '../rule.ts';

/** Links and pictures in Markdown, and documents that comments name, are there. */
export const references: Rule = {
  name: 'references',
  *find(repository): Iterable<Problem> {
    for (const [file, text] of repository.files) {
      if (!file.endsWith('.md') || text === undefined) continue;
      for (const [index, line] of text.split('\n').entries()) {
        for (const target of linkTargets(line)) {
          if (exists(repository, join(dirname(file), target))) continue;
          yield {
            file,
            line: index + 1,
            subject: target,
            message: `links to ${target}, which is not in the repository`,
          };
        }
      }
    }
    const documents = [...repository.files.keys()].filter((path) => path.endsWith('.md'));
    for (const module of repository.written) {
      for (const { value, line } of module.comments) {
        for (const [mention] of value.matchAll(/[\w./-]+\.md\b/g)) {
          const tail = mention.replace(/^(\.{1,2}\/)+/, '');
          if (documents.some((path) => path === tail || path.endsWith(`/${tail}`))) continue;
          yield {
            file: module.path,
            line,
            subject: mention,
            message: `names ${mention}, which is not in the repository`,
          };
        }
      }
    }
  },
};

function linkTargets(line: string): string[] {
  return [...line.matchAll(/\]\(<?([^)\s>]+)|(?:src|srcset|href)="([^"]+)"/g)]
    .map((match) => match[1] ?? match[2]!)
    .filter((target) => !/^([a-z]+:|#|\/)/.test(target))
    .map((target) => target.replace(/#.*$/, ''));
}

function exists(repository: Repository, path: string): boolean {
  const wanted = normalize(path).replace(/\/$/, '');
  return (
    repository.files.has(wanted) || [...repository.files.keys()].some((file) => file.startsWith(`${wanted}/`))
  );
}
