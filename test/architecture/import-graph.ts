/** Every import of the project, read from its sources: of types too, since a circle of types is a circle. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Which room may import which: the table that eslint.config.js reads too. */
export const MAY_IMPORT = JSON.parse(readSource('test/architecture/rooms.json')) as Record<string, string[]>;
export const ROOMS = Object.keys(MAY_IMPORT);
/** They stand above the house: they may import everything, and nothing imports them. */
export const ABOVE = ['bench', 'test'];

export interface Import {
  readonly from: string;
  readonly line: number;
  readonly to: string;
}

/** `from '…'`, `import '…'` and `import('…')` of files, wherever they stand. */
const SPECIFIER = /(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g;

/** What a folder's TypeScript files import, by paths from the project's root. Kernels are another language. */
export function importsBelow(folder: string): Import[] {
  return sourcesBelow(folder).flatMap((from) => {
    const text = readSource(from);
    return [...text.matchAll(SPECIFIER)].map((match) => ({
      from,
      line: text.slice(0, match.index).split('\n').length,
      to: normalize(join(dirname(from), match[1]!)).replace(/\.js$/, '.ts'),
    }));
  });
}

export function readSource(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

export function sourcesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('kernel/'))
    .map((name) => relative(ROOT, join(ROOT, folder, name)))
    .sort();
}

/** Circles of files that import each other, each as the files on its way; none where there are none. */
export function circlesOf(imports: readonly Import[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const circles: string[][] = [];
  const walk = (file: string, way: readonly string[]): void => {
    const at = way.indexOf(file);
    if (at >= 0) circles.push([...way.slice(at), file]);
    if (at >= 0 || done.has(file)) return;
    for (const target of next.get(file) ?? []) walk(target, [...way, file]);
    done.add(file);
  };
  for (const file of next.keys()) walk(file, []);
  return circles;
}
