/** Tables of options and commands on the pages are those of the code. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, it } from 'node:test';
import { generatedPages } from '../../docs/generate/pages.js';
import { plainText, table, withPart } from '../../docs/generate/section.js';

describe('generated parts of pages', async () => {
  for (const { path, text } of await generatedPages())
    it(`docs/${basename(path.pathname)} is as the code has it; "npm run docs" writes it anew`, () => {
      assert.equal(readFileSync(path, 'utf8'), text);
    });

  it('take the place of what stood between their markers, and of nothing else', async () => {
    const page = (part: string): string =>
      `# A\n\nBefore.\n\n<!-- b: from here on written by "npm run docs" -->\n\n${part}\n\n<!-- b: to here -->\n\nAfter.\n`;
    assert.equal(await withPart(page('old'), 'b', 'new'), page('new'));
    await assert.rejects(withPart('# A\n', 'b', 'new'), /the page has no/);
  });

  it('show signs of the help as they are', () => {
    assert.equal(plainText('<card>-<aoi>, min_area'), '\\<card>-\\<aoi>, min_area');
    assert.equal(table(['a'], [['x | y']]), '| a |\n| --- |\n| x \\| y |');
  });
});
