/** Files: how long they may be, and that nothing is exported for nobody. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exportsOf, importedBy } from './exports.js';
import { readSource, ROOMS, sourcesBelow } from './import-graph.js';

const MOST_LINES = 250;
const MOST_LINES_OF_TESTS = 400;

/** Temporal makes workflows of all that it exports. */
const BUNDLES = ['test/histories/changed-workflows.ts'];

const sources = [...ROOMS, 'bench'].flatMap(sourcesBelow);
const tests = sourcesBelow('test');

describe('files', () => {
  it('have no more lines than one can keep in mind', () => {
    const tooLong = (files: readonly string[], most: number): string[] =>
      files
        .map((file) => ({ file, lines: readSource(file).trimEnd().split('\n').length }))
        .filter(({ lines }) => lines > most)
        .map(({ file, lines }) => `${file} has ${lines} lines, of ${most} at most`);
    assert.deepEqual([...tooLong(sources, MOST_LINES), ...tooLong(tests, MOST_LINES_OF_TESTS)], []);
  });

  it('export only what another file uses, or a test tries of what its own file uses', () => {
    const bySources = new Set([...sources, ...sourcesBelow('docs')].flatMap(importedBy));
    const byTests = new Set(tests.flatMap(importedBy));
    const unused = [...sources, ...tests]
      .filter((file) => !BUNDLES.includes(file))
      .flatMap(exportsOf)
      .filter(({ file, name, isData, usedAtHome }) => {
        const isIn = (imported: ReadonlySet<string>): boolean =>
          imported.has(`${file}#${name}`) || imported.has(`${file}#*`);
        const forTests = isData || usedAtHome || file.startsWith('test/');
        return !isIn(bySources) && !(forTests && isIn(byTests));
      })
      .map(({ file, name }) => `${file} exports ${name}`);
    assert.deepEqual(unused, []);
  });
});
