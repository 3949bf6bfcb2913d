/** STAC sources that are up to something: their server, and what tests of them share. */
import assert from 'node:assert/strict';
import { StacDenied } from '../../stac/errors.js';
import type { Cursor, Page, Search } from '../../stac/page.js';
import { openSource } from '../../stac/source.js';
import { cdseItem } from './items.js';

export const SEARCH: Search = {
  collections: [],
  bbox: [5, 52, 6, 53],
  period: { start: '2024-03-01T00:00:00', end: '2024-03-31T23:59:59' },
  limit: 2,
};
export const NOWHERE = { allowed: { folders: [] } };

export async function readAll(url: string, most = 500): Promise<Page[]> {
  const source = await openSource(url, NOWHERE);
  const pages: Page[] = [];
  let cursor: Cursor | null = null;
  do {
    const page: Page = await source.page(SEARCH, cursor);
    pages.push(page);
    assert.ok(pages.length <= most, 'it reads on and on');
    cursor = JSON.parse(JSON.stringify(page.next)) as Cursor | null;
  } while (cursor);
  return pages;
}

/** That the answer was refused in words like these, without what was planted. */
export const denied =
  (pattern: RegExp) =>
  (error: Error): boolean => {
    assert.ok(error instanceof StacDenied, `${error.name}: ${error.message}`);
    assert.match(error.message, pattern);
    assert.doesNotMatch(error.message, /planted/);
    return true;
  };

export const root = (links: readonly object[]): object => ({ type: 'Catalog', id: 'root', links });
const ring = [[5.2, 52.2] as const, [5.8, 52.2] as const, [5.8, 52.8] as const, [5.2, 52.2] as const];
export const item = (n: number) => ({
  ...cdseItem({ reference: 'S2A_MSIL2A_20240301T105031_N0510_R051_T31UFU_20240301T142000.SAFE', ring }),
  id: `item-${n}`,
});
