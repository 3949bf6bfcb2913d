/** Which values files export, and who imports them by name. */
import { dirname, join, normalize } from 'node:path';
import { readSource } from './import-graph.js';

export interface Export {
  readonly file: string;
  readonly name: string;
  /** Data is worth comparing with by itself; code that only tests run is not. */
  readonly isData: boolean;
  /** Its own file mentions it beside the place where it is declared. */
  readonly usedAtHome: boolean;
}

/** Functions, classes and constants; types may be exported for whoever wants to name them. */
const DECLARED = /^export (?:async )?(?:abstract )?(function\*?|class|const|let) ([\w$]+)/gm;
const NAMED = /\b(?:import|export)\s+(?:type\s+)?\{([^}]*)\}\s+from\s+'(\.[^']+)'/g;
/** All that a file exports: as a namespace, or when it is loaded. */
const WHOLE = /(?:\*\s+as\s+\w+\s+from|\bexport\s+\*\s+from|\bimport\()\s*'(\.[^']+)'/g;

export function exportsOf(file: string): Export[] {
  const text = readSource(file).replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '');
  return [...text.matchAll(DECLARED)].map(([, kind, name]) => ({
    file,
    name: name!,
    isData: kind === 'const' || kind === 'let',
    usedAtHome: text.split(new RegExp(`(?<![\\w$])${name!.replaceAll('$', '\\$')}(?![\\w$])`)).length > 2,
  }));
}

/** What a file imports, each as `file#name`; `file#*` where it takes all of it. */
export function importedBy(file: string): string[] {
  const text = readSource(file);
  const target = (path: string): string => normalize(join(dirname(file), path)).replace(/\.js$/, '.ts');
  const named = [...text.matchAll(NAMED)].flatMap(([, names = '', path = '']) =>
    names.split(',').map(
      (name) =>
        `${target(path)}#${
          name
            .trim()
            .replace(/^type /, '')
            .split(' ')[0]!
        }`,
    ),
  );
  return [...named, ...[...text.matchAll(WHOLE)].map(([, path = '']) => `${target(path)}#*`)];
}
