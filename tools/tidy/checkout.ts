import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Repository } from './repository.ts';

/** Reads the files of a working tree: those that git has, and those that it would add. */
export function readCheckout(root: string): Repository {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  });
  const paths = [...new Set(list.toString().split('\0'))].filter(
    (path) => path !== '' && existsSync(join(root, path)),
  );
  return new Repository(new Map(paths.map((path) => [path, readText(join(root, path))])), (dependency) =>
    commandsOf(root, dependency),
  );
}

function readText(path: string): string | undefined {
  const bytes = readFileSync(path);
  return bytes.includes(0) ? undefined : bytes.toString('utf8');
}

function commandsOf(root: string, dependency: string): string[] {
  const path = join(root, 'node_modules', dependency, 'package.json');
  if (!existsSync(path)) return [];
  const { bin } = JSON.parse(readFileSync(path, 'utf8')) as { bin?: string | Record<string, string> };
  return typeof bin === 'string' ? [dependency.split('/').at(-1)!] : Object.keys(bin ?? {});
}
