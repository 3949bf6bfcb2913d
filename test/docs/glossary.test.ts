import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../../', import.meta.url);
const page = readFileSync(new URL('docs/glossary.md', ROOT), 'utf8');

/** A row of one of the tables: its terms, and the file that holds them, from the page and by the name that people read. */
const rows = [...page.matchAll(/^\| (.+?) +\| (.+?) +\| \[(.+?)\]\(\.\.\/(.+?)\) +\|$/gm)].map(
  ([, terms = '', meaning = '', name = '', file = '']) => ({ terms, meaning, name, file }),
);
const tables = page
  .split(/^## /m)
  .slice(1)
  .map((section) =>
    section
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .slice(2)
      .map((line) => line.split('|')[1]!.trim()),
  );

describe('the glossary', () => {
  it('names a file for each term, and the term is found in it', () => {
    assert.equal(rows.length, tables.flat().length);
    const wrong = rows.filter(({ terms, name, file }) => {
      const path = fileURLToPath(new URL(file, ROOT));
      if (name !== file || !existsSync(path)) return true;
      const text = `${file} ${readFileSync(path, 'utf8')}`.replace(/[^a-z]/gi, '').toLowerCase();
      return !terms.split(', ').every((term) => text.includes(stem(term)));
    });
    assert.deepEqual(wrong, []);
  });

  it('has each term once, in the order of the alphabet', () => {
    for (const terms of tables)
      assert.deepEqual(
        terms,
        [...terms].sort((a, b) => a.localeCompare(b, 'en')),
      );
    const all = tables.flat().flatMap((terms) => terms.split(', '));
    assert.equal(new Set(all).size, all.length);
  });

  it('says of each term what it is in no more than two sentences', () => {
    for (const { terms, meaning } of rows)
      assert.ok(meaning.split(/[.!?] /).length <= 2 && meaning.length <= 220, terms);
  });
});

describe('the folders of docs/architecture.md', () => {
  it('name a file each, which opens with terms', () => {
    const table = readFileSync(new URL('docs/architecture.md', ROOT), 'utf8').split(/^## Folders$/m)[1]!;
    const named = [...table.matchAll(/^\| `([a-z]+)\/` +\| \[.+?\]\(\.\.\/(.+?)\)/gm)];
    assert.deepEqual(
      named.map(([, folder]) => folder).sort(),
      Object.keys(
        JSON.parse(readFileSync(new URL('test/architecture/rooms.json', ROOT), 'utf8')) as object,
      ).sort(),
    );
    const silent = named.filter(([, folder = '', file = '']) => {
      const [opening = ''] = readFileSync(new URL(file, ROOT), 'utf8').split('*/');
      return !file.startsWith(`${folder}/`) || !/^ \* Terms\b/m.test(opening);
    });
    assert.deepEqual(silent, []);
  });
});

/** As code spells it: `searchAttribute` for a search attribute, `renew` in a renewal. */
function stem(term: string): string {
  return term
    .toLowerCase()
    .replace(/[^a-z]/g, '')
    .replace(/(ies|s|y)$/, '');
}
