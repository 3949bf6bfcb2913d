import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { CARD_TYPES } from '../../cards/card-types.js';
import type { HttpOptions } from '../../stac/http.js';
import type { Cursor, Page, Search } from '../../stac/page.js';
import { collectionAt, openSource, sourceAddress, type StacSource } from '../../stac/source.js';
import { ApiServer, type Paging } from './api-server.js';
import { cdseItem } from './items.js';

const SEARCH: Search = {
  collections: ['sentinel-2-l2a'],
  bbox: [5, 52, 6, 53],
  period: { start: '2024-03-01T00:00:00', end: '2024-03-31T23:59:59' },
  limit: 3,
};

const RING = [
  [5.2, 52.2],
  [5.8, 52.2],
  [5.8, 52.8],
  [5.2, 52.8],
  [5.2, 52.2],
] as const;

function made(day: number): ReturnType<typeof cdseItem> {
  const date = `202403${String(day).padStart(2, '0')}`;
  return cdseItem({
    reference: `S2A_MSIL2A_${date}T105031_N0510_R051_T31UFU_${date}T142000.SAFE`,
    ring: RING,
  });
}

async function readAll(source: StacSource, search = SEARCH, options?: HttpOptions): Promise<Page[]> {
  const pages: Page[] = [];
  let cursor: Cursor | null = null;
  do {
    const page = await source.page(search, cursor, options);
    pages.push(page);
    // Cursors travel through histories.
    cursor = JSON.parse(JSON.stringify(page.next)) as Cursor | null;
  } while (cursor);
  return pages;
}

const idsOf = (pages: readonly Page[]): unknown[] =>
  pages.flatMap(({ items }) => items.map(({ item }) => (item as { id?: unknown }).id));

describe('a STAC API', () => {
  let api: ApiServer;
  before(async () => {
    api = await ApiServer.start();
  });
  after(() => api.stop());
  beforeEach(() => {
    api.items = Array.from({ length: 8 }, (_, i) => made(i + 1));
    api.faults.length = 0;
    api.asked.length = 0;
    api.matched = true;
    api.paging = 'merge';
  });

  for (const paging of ['merge', 'whole', 'get'] satisfies Paging[])
    it(`is read to its last page, each item once (${paging})`, async () => {
      api.paging = paging;
      const pages = await readAll(await openSource(api.url));
      assert.deepEqual(
        pages.map(({ items }) => items.length),
        [3, 3, 2],
      );
      assert.deepEqual(
        idsOf(pages),
        api.items.map(({ id }) => id),
      );
      assert.equal(pages[0]?.matched, 8);
      // Every page is asked for with the whole search, whichever way the token travels.
      const datetime = '2024-03-01T00:00:00Z/2024-03-31T23:59:59Z';
      for (const { bbox, limit, ...asked } of api.asked) {
        assert.deepEqual([asked.collections, asked.datetime], [SEARCH.collections, datetime]);
        assert.deepEqual([String(bbox), String(limit)], [String(SEARCH.bbox), '3']);
      }
    });

  it('asks only for the box, the time and the collection', async () => {
    api.items.push({ ...made(20), collection: 'another' });
    const source = await openSource(api.url);
    const period = { start: '2024-03-03T00:00:00', end: '2024-03-04T23:59:59' };
    assert.equal(idsOf(await readAll(source, { ...SEARCH, period })).length, 2);
    assert.deepEqual(idsOf(await readAll(source, { ...SEARCH, bbox: [7, 52, 8, 53] })), []);
  });

  it('that does not tell how many items match is read all the same', async () => {
    api.matched = false;
    const pages = await readAll(await openSource(api.url));
    assert.equal(idsOf(pages).length, 8);
    assert.equal(pages[0]?.matched, null);
  });

  it('that is busy is asked again when it said so', async () => {
    const source = await openSource(api.url);
    api.faults.push(
      { status: 429, headers: { 'retry-after': '0.2' } },
      { status: 503, headers: { 'retry-after': '0' } },
    );
    const began = Date.now();
    assert.equal(idsOf(await readAll(source)).length, 8);
    assert.ok(Date.now() - began >= 200);
  });

  it('that wants to be left alone for long is left alone, and the caller told for how long', async () => {
    const source = await openSource(api.url);
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    for (const wish of ['3600', date]) {
      api.faults.push({ status: 429, headers: { 'retry-after': wish } });
      await assert.rejects(source.page(SEARCH, null), (error: Error & { retryAfterMs?: number }) => {
        assert.equal(error.name, 'StacFailure');
        assert.ok(Math.abs(error.retryAfterMs! - 3_600_000) < 5_000, String(error.retryAfterMs));
        return true;
      });
    }
    assert.equal(api.asked.length, 2);
  });

  it('that fails, hangs or answers a web page may be asked again later', async () => {
    const source = await openSource(api.url);
    const faults = [
      { status: 500 },
      { status: 502, body: '<html>' },
      { status: 200, body: '<html>log in</html>' },
    ];
    for (const fault of [...faults, 'hang' as const]) {
      api.faults.push(fault);
      await assert.rejects(source.page(SEARCH, null, { timeoutMs: 300 }), { name: 'StacFailure' });
    }
    assert.equal((await source.page(SEARCH, null)).items.length, 3);
  });

  it('that refuses is not asked again, and says why', async () => {
    const source = await openSource(api.url);
    api.faults.push({ status: 400, body: '{"detail":"unknown collection sentinel-9"}' });
    await assert.rejects(source.page(SEARCH, null), {
      name: 'StacDenied',
      message: /unknown collection sentinel-9/,
    });
  });

  it('lets go at once when the caller does', async () => {
    const source = await openSource(api.url);
    api.faults.push('hang');
    const stop = new AbortController();
    const page = source.page(SEARCH, null, { signal: stop.signal });
    setTimeout(() => {
      stop.abort(new Error('enough'));
    }, 50);
    await assert.rejects(page, /enough/);
  });

  it('is told from what is none', async () => {
    await assert.rejects(openSource(`${api.url}/nothing`), { name: 'StacDenied' });
    for (const none of ['copernicus', 'constructor'])
      assert.throws(() => sourceAddress(none), /cdse, earth-search, a URL/);
    assert.equal(collectionAt('cdse', CARD_TYPES), 'sentinel-2-l2a');
    assert.equal(collectionAt('earth-search', CARD_TYPES), 'sentinel-2-c1-l2a');
    assert.equal(collectionAt('https://stac.example.org', CARD_TYPES), undefined);
  });
});

describe('a static catalog', () => {
  let folder: string;
  const open = (): Promise<StacSource> =>
    openSource(sourceAddress(join(folder, 'catalog.json')), { allowed: { folders: [folder] } });
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-stac-'));
    const write = async (path: string, value: object): Promise<void> => {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), JSON.stringify(value));
    };
    const link = (rel: string, href: string): object => ({ rel, href });
    await write('catalog.json', {
      type: 'Catalog',
      id: 'root',
      links: [
        link('self', './catalog.json'),
        link('child', './s2/collection.json'),
        link('child', './other.json'),
      ],
    });
    await write('s2/collection.json', {
      type: 'Collection',
      id: 'sentinel-2-l2a',
      links: [
        link('parent', '../catalog.json'),
        link('item', './1.json'),
        link('child', './more/catalog.json'),
        link('child', '../catalog.json'),
      ],
    });
    await write('s2/more/catalog.json', {
      type: 'Catalog',
      id: 'more',
      links: [2, 3, 4, 5].map((day) => link('item', `../${day}.json`)).concat(link('item', '../1.json')),
    });
    await write('other.json', { type: 'Collection', id: 'other', links: [link('item', './missing.json')] });
    for (const day of [1, 2, 3, 4]) await write(`s2/${day}.json`, made(day));
    await write('s2/5.json', { ...made(5), properties: { datetime: '2025-01-01T00:00:00Z' } });
  });
  after(() => rm(folder, { recursive: true }));

  it('is walked through its collections and catalogs, each item once, page by page', async () => {
    const source = await open();
    assert.equal(source.kind, 'static');
    const pages = await readAll(source, { ...SEARCH, limit: 2 });
    assert.deepEqual(
      pages.map(({ items }) => items.length),
      [2, 2, 0],
    );
    assert.deepEqual(
      idsOf(pages),
      [1, 2, 3, 4].map((day) => made(day).id),
    );
    assert.match(pages[0]!.items[0]!.address, /^file:.*\/s2\/1\.json$/);
  });

  it('is searched here, as nobody does it there', async () => {
    const source = await open();
    assert.deepEqual(idsOf(await readAll(source, { ...SEARCH, bbox: [7, 52, 8, 53] })), []);
    const period = { start: '2024-03-02T00:00:00', end: '2024-03-03T00:00:00' };
    assert.deepEqual(idsOf(await readAll(source, { ...SEARCH, period })), [made(2).id]);
  });

  it('with a link that leads nowhere is not read in part', async () => {
    const source = await open();
    await assert.rejects(readAll(source, { ...SEARCH, collections: [] }), /missing\.json can't be read/);
  });
});
