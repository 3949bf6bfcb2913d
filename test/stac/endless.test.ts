/** STAC sources that never end, or whose pages are larger than can be kept. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openSource } from '../../stac/source.js';
import { MAX_DEPTH, MAX_NODES } from '../../stac/static-stac.js';
import { MAX_EMPTY } from '../../stac/endless-search.js';
import { OddServer, sendJson } from './odd-server.js';
import { denied, item, NOWHERE, readAll, root, SEARCH } from './hostile.js';

let server: OddServer;
beforeEach(async () => {
  server = await OddServer.start((_request, response) => {
    sendJson(response, {}, 404);
  });
});
afterEach(() => server.stop());

describe('a search without an end', () => {
  /** Page `n` as `page` makes it, by tokens in the address. */
  const paged = (page: (token: string) => { features: unknown[]; next: string | undefined }): void => {
    server.answer = (request, response) => {
      const url = new URL(request.url!, server.url);
      if (url.pathname === '/') {
        sendJson(response, root([{ rel: 'search', href: '/search' }]));
        return;
      }
      const { features, next } = page(url.searchParams.get('token') ?? 'A');
      sendJson(response, {
        features,
        links: next === undefined ? [] : [{ rel: 'next', href: `/search?token=${next}` }],
      });
    };
  };
  const circle = denied(/circle/);

  it('stops at a page that leads to itself, to A from B, or into a circle later on', async () => {
    paged((token) => ({ features: [item(token.charCodeAt(0))], next: token === 'A' ? 'B' : 'A' }));
    await assert.rejects(readAll(server.url), circle);
    assert.ok(server.asked.length < 8, `${server.asked.length} requests`);
    paged((token) => ({ features: [item(1)], next: token }));
    await assert.rejects(readAll(server.url), circle);
    paged((token) => {
      const n = token === 'A' ? 0 : Number(token);
      return { features: [item(n)], next: String(n >= 40 ? 17 : n + 1) };
    });
    server.asked.length = 0;
    await assert.rejects(readAll(server.url), circle);
    assert.ok(server.asked.length < 130, `${server.asked.length} requests`);
  });

  it('stops where ever new addresses lead to the same items', async () => {
    let n = 0;
    paged(() => ({ features: [item(1), item(2)], next: String(n++) }));
    await assert.rejects(readAll(server.url), circle);
    assert.ok(server.asked.length < 8);
  });

  it(`stops after ${MAX_EMPTY} pages without an item in a row, and not before`, async () => {
    let n = 0;
    paged(() => ({ features: [], next: String(n++) }));
    await assert.rejects(readAll(server.url), denied(/no items/));
    assert.equal(n, MAX_EMPTY + 1);
    n = 0;
    paged(() => {
      n += 1;
      const isEmpty = n % (MAX_EMPTY + 1) !== 0;
      return { features: isEmpty ? [] : [item(n)], next: n < 2 * MAX_EMPTY ? String(n) : undefined };
    });
    assert.equal((await readAll(server.url)).length, 2 * MAX_EMPTY);
  });

  it('is not seen in a search that ends, whose items have no id', async () => {
    paged((token) => {
      const n = token === 'A' ? 0 : Number(token);
      return { features: [{ type: 'Feature', properties: { n } }], next: n < 20 ? String(n + 1) : undefined };
    });
    assert.equal((await readAll(server.url)).length, 21);
  });
});

describe('a page', () => {
  const deep = `${'['.repeat(200_000)}1${']'.repeat(200_000)}`;
  /** Answers every search with this. */
  const search = (features: string, next: string): void => {
    server.answer = (request, response) => {
      if (request.url === '/') sendJson(response, root([{ rel: 'search', href: '/search' }]));
      else response.end(`{"features":[${features}],"links":[{"rel":"next","href":"/next",${next}}]}`);
    };
  };
  const firstPage = async () => await (await openSource(server.url, NOWHERE)).page(SEARCH, null, NOWHERE);

  it('of items as deep as can be read, and no deeper, leads on', async () => {
    for (const odd of [`{"properties":${deep}}`, `{"id":${deep}}`, `{"id":"a","collection":${deep}}`]) {
      search(`${odd},{"id":"b"}`, '"title":"on"');
      const page = await firstPage();
      assert.equal(page.items.length, 2);
      assert.ok(page.next);
    }
  });

  it('whose next link is larger than can be kept is refused', async () => {
    const tooLarge = denied(/next link has more than 64 KiB/);
    const most = '"method":"POST","body":';
    for (const next of [`${most}{"token":${deep}}`, `${most}{"token":"${'x'.repeat(1 << 16)}"}`]) {
      search('{"id":"a"}', next);
      await assert.rejects(firstPage(), tooLarge);
    }
    search('{"id":"a"}', `"headers":{"x-token":"${'x'.repeat(1 << 16)}"}`);
    await assert.rejects(firstPage(), tooLarge);
    search('{"id":"a"}', `${most}{"token":"${'x'.repeat(65_000)}"}`);
    assert.ok((await firstPage()).next);
  });
});

describe('a static catalog without an end', () => {
  it(`is walked ${MAX_DEPTH} deep at most`, async () => {
    let n = 0;
    server.answer = (_request, response) => {
      sendJson(response, root([{ rel: 'child', href: `/${n++}.json` }]));
    };
    await assert.rejects(readAll(server.url), denied(/too large to be walked/));
    assert.ok(server.asked.length <= MAX_DEPTH + 2, `${server.asked.length} requests`);
  });

  it(`is walked to ${MAX_NODES} catalogs at most`, async () => {
    server.answer = (request, response) => {
      const n = Number(/\d+/.exec(request.url!)?.[0] ?? -1);
      const children = n < 0 ? Array.from({ length: MAX_NODES + 5 }, (_, i) => `/${i}.json`) : ['/'];
      sendJson(response, root(children.map((href) => ({ rel: 'child', href }))));
    };
    await assert.rejects(readAll(server.url), denied(/too large to be walked/));
    assert.ok(server.asked.length <= MAX_NODES + 2, `${server.asked.length} requests`);
  });
});

describe('an item of a static catalog', () => {
  it('with a time or collection of another kind is left to be judged, and the rest is read', async () => {
    const odd = { toString: null };
    server.answer = (request, response) => {
      const n = Number(/(\d+)\.json/.exec(request.url!)?.[1] ?? NaN);
      const properties = [{ datetime: odd }, { datetime: [[[]]] }, { datetime: null, start_datetime: 1 }][n];
      if (properties === undefined)
        sendJson(response, {
          ...root([0, 1, 2].map((i) => ({ rel: 'item', href: `/${i}.json` }))),
          ...{ type: 'Collection', id: 'named' },
        });
      else sendJson(response, { type: 'Feature', id: `i${n}`, collection: odd, properties });
    };
    const source = await openSource(server.url, NOWHERE);
    const { items } = await source.page({ ...SEARCH, collections: ['named'], limit: 9 }, null, NOWHERE);
    assert.equal(items.length, 3);
  });
});
