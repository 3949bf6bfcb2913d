/** STAC sources that lead where nobody may go, or that never end, and what may be told of their answers. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { StacDenied, StacFailure } from '../../stac/errors.js';
import { fetchJson } from '../../stac/http.js';
import type { Cursor, Page, Search } from '../../stac/page.js';
import { openSource, requireSource, sourceAddress } from '../../stac/source.js';
import { MAX_DEPTH, MAX_NODES } from '../../stac/static-stac.js';
import { MAX_EMPTY } from '../../stac/endless-search.js';
import { cdseItem } from './items.js';
import { OddServer, sendJson, sendOn } from './odd-server.js';

const SECRET = 'host:5432:db:user:planted-pgpass';
const SEARCH: Search = {
  collections: [],
  bbox: [5, 52, 6, 53],
  period: { start: '2024-03-01T00:00:00', end: '2024-03-31T23:59:59' },
  limit: 2,
};
const NOWHERE = { allowed: { folders: [] } };

let server: OddServer;
let folder: string;
let secret: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parcelwise-hostile-'));
  secret = join(folder, 'pgpass');
  await writeFile(secret, SECRET);
});
after(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  server = await OddServer.start((_request, response) => {
    sendJson(response, {}, 404);
  });
});
afterEach(() => server.stop());

async function readAll(url: string, most = 500): Promise<Page[]> {
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

const denied =
  (pattern: RegExp) =>
  (error: Error): boolean => {
    assert.ok(error instanceof StacDenied, `${error.name}: ${error.message}`);
    assert.match(error.message, pattern);
    assert.doesNotMatch(error.message, /planted/);
    return true;
  };

const root = (links: readonly object[]): object => ({ type: 'Catalog', id: 'root', links });
const ring = [[5.2, 52.2] as const, [5.8, 52.2] as const, [5.8, 52.8] as const, [5.2, 52.2] as const];
const item = (n: number) => ({
  ...cdseItem({ reference: 'S2A_MSIL2A_20240301T105031_N0510_R051_T31UFU_20240301T142000.SAFE', ring }),
  id: `item-${n}`,
});

describe('a file of this machine', () => {
  it('is not read as a STAC catalog, nor quoted', async () => {
    const url = sourceAddress(pathToFileURL(secret).href);
    await assert.rejects(openSource(url, NOWHERE), denied(/PARCELWISE_STAC_FOLDER/));
    await assert.rejects(requireSource(url, NOWHERE.allowed), denied(/PARCELWISE_STAC_FOLDER/));
  });

  it('is not quoted where it may be read', async () => {
    const allowed = { folders: [folder] };
    await assert.rejects(fetchJson({ url: pathToFileURL(secret).href }, { allowed }), denied(/is not JSON$/));
    await assert.rejects(fetchJson({ url: pathToFileURL(folder).href }, { allowed }), StacDenied);
  });

  for (const scheme of ['file', 'ftp', 'gopher', 'data'])
    it(`is not reached by ${scheme}: from the net, by a search, a page, a child or a redirect`, async () => {
      const target = scheme === 'file' ? pathToFileURL(secret).href : `${scheme}://host/planted`;
      const leads = new RegExp(`leads to ${scheme}:.*not followed`);
      server.answer = (_request, response) => {
        sendJson(response, root([{ rel: 'search', href: target }]));
      };
      await assert.rejects(readAll(server.url), denied(leads));
      server.answer = (_request, response) => {
        sendJson(response, root([{ rel: 'child', href: target }]));
      };
      await assert.rejects(readAll(server.url), denied(leads));
      server.answer = (request, response) => {
        if (request.method === 'GET') sendJson(response, root([{ rel: 'search', href: '/search' }]));
        else sendJson(response, { features: [item(1)], links: [{ rel: 'next', href: target }] });
      };
      await assert.rejects(readAll(server.url), denied(leads));
      server.answer = (_request, response) => {
        sendOn(response, target);
      };
      await assert.rejects(readAll(server.url), (error: Error) => {
        assert.ok(error instanceof StacDenied && error.message.includes('not followed'));
        return true;
      });
    });

  it('is left out as an item of a source of the net, which is read on', async () => {
    server.answer = (request, response) => {
      if (request.url === '/good.json') sendJson(response, item(1));
      else
        sendJson(
          response,
          root([
            { rel: 'item', href: pathToFileURL(secret).href },
            null as unknown as object,
            { rel: 'item', href: '/good.json' },
          ]),
        );
    };
    const [page] = await readAll(`${server.url}/catalog.json`);
    assert.deepEqual(
      page!.items.map(({ refused }) => refused),
      ['lies where nobody may follow', undefined],
    );
    assert.doesNotMatch(JSON.stringify(page), /planted/);
  });
});

describe('a link-local address', () => {
  it('is not asked, by name or number, at first or on the way', async () => {
    for (const url of ['http://169.254.169.254/', 'http://2852039166/', 'http://[::ffff:a9fe:a9fe]/']) {
      await assert.rejects(fetchJson({ url }, { ...NOWHERE, timeoutMs: 2_000 }), denied(/never asked/));
      await assert.rejects(requireSource(url, NOWHERE.allowed), denied(/never asked/));
      server.answer = (_request, response) => {
        sendOn(response, url);
      };
      await assert.rejects(fetchJson({ url: server.url }, NOWHERE), denied(/never asked/));
    }
  });

  it('nor any host that the operator does not list, on any hop', async () => {
    const allowed = { folders: [], hosts: ['127.0.0.1'] };
    server.answer = (_request, response) => {
      sendOn(response, `http://localhost:${server.port}/else`);
    };
    await assert.rejects(fetchJson({ url: server.url }, { allowed }), denied(/localhost .*PARCELWISE_HOSTS/));
    assert.equal(server.asked.length, 1);
  });
});

describe('a request that is sent on', () => {
  it('carries what a source gave for one host to no other', async () => {
    server.answer = (request, response) => {
      if (request.headers.host?.startsWith('localhost') === true) sendJson(response, { ok: true });
      else if (request.url === '/here') sendOn(response, '/there', 307);
      else sendOn(response, `http://localhost:${server.port}/else`, 307);
    };
    const headers = { authorization: 'Bearer planted' };
    await fetchJson({ url: `${server.url}/here`, method: 'POST', body: { a: 1 }, headers }, NOWHERE);
    assert.deepEqual(
      server.asked.map(({ path, headers: { authorization } }) => [path, authorization]),
      [
        ['/here', 'Bearer planted'],
        ['/there', 'Bearer planted'],
        ['/else', undefined],
      ],
    );
  });

  it('round and round is given up', async () => {
    server.answer = (_request, response) => {
      sendOn(response, '/again');
    };
    await assert.rejects(fetchJson({ url: server.url }, NOWHERE), denied(/not followed/));
    assert.equal(server.asked.length, 6);
  });

  it('by a next link with headers that are not its own sends none of these', async () => {
    server.answer = (request, response) => {
      if (request.method === 'GET') sendJson(response, root([{ rel: 'search', href: '/search' }]));
      else if (request.headers['x-token'] === 'a') sendJson(response, { features: [] });
      else {
        const headers = {
          'x-token': 'a',
          host: 'inside',
          'transfer-encoding': 'chunked',
          'x-odd': 'a\r\nb',
          n: 1,
        };
        sendJson(response, {
          features: [],
          links: [{ rel: 'next', method: 'POST', href: '/search?2', headers }],
        });
      }
    };
    assert.equal((await readAll(server.url)).length, 2);
    assert.equal(server.asked[2]!.headers.host, `127.0.0.1:${server.port}`);
  });
});

describe("what an answer's body says", () => {
  const body = (status: number, text: string): void => {
    server.answer = (_request, response) => {
      response.writeHead(status).end(text);
    };
  };
  const message = async (): Promise<string> =>
    await fetchJson({ url: `${server.url}/x?token=planted` }, { ...NOWHERE, patienceMs: 0 }).then(
      () => '',
      (error: unknown) => (error as Error).message,
    );

  for (const text of [SECRET, `<html>${SECRET}`, `{"password":"${SECRET}"}`, `"${SECRET}"`, 'null', '[]'])
    for (const status of [200, 400, 500])
      it(`is not shown: ${status} ${text.slice(0, 12)}`, async () => {
        body(status, text);
        assert.doesNotMatch(await message(), /planted/);
      });

  it('is shown where it is a reason, in a line of bounded length', async () => {
    body(400, JSON.stringify({ detail: `no such\u001b[0m\ncollection${'x'.repeat(500)}` }));
    assert.match(await message(), /: 400 Bad Request: no such \[0m collectionx+…$/);
    assert.ok((await message()).length < 300);
  });
});

describe('an answer that is packed', () => {
  it('by gzip is read', async () => {
    server.answer = (_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"a":1}'));
    };
    assert.deepEqual(await fetchJson({ url: server.url }, NOWHERE), { a: 1 });
  });

  it('otherwise, cut, or too large, is a failure', async () => {
    for (const [encoding, bytes] of [
      ['br', Buffer.from('{}')] as const,
      ['gzip', gzipSync('{"a":1}').subarray(0, 12)] as const,
      ['gzip', gzipSync(Buffer.alloc((256 << 20) + 1, 0x20))] as const,
    ]) {
      server.answer = (_request, response) => {
        response.writeHead(200, { 'content-encoding': encoding }).end(bytes);
      };
      await assert.rejects(fetchJson({ url: server.url }, NOWHERE), StacFailure);
    }
  });
});

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

describe('a network that fails', () => {
  it('is told with the host that was not reached, also where the named one leads there', async () => {
    server.answer = (_request, response) => {
      sendOn(response, 'http://nowhere.invalid/login?token=planted');
    };
    await assert.rejects(fetchJson({ url: server.url }, NOWHERE), (error: Error) => {
      assert.match(error.message, /no host of the name nowhere\.invalid;|name of nowhere\.invalid can't/);
      assert.match(error.message, new RegExp(`^${server.url}/: `));
      assert.doesNotMatch(error.message, /planted/);
      return true;
    });
  });

  it('is told with the host, the setting and what helps', async () => {
    const says = async (url: string, pattern: RegExp): Promise<void> => {
      await assert.rejects(fetchJson({ url }, NOWHERE), (error: Error) => {
        assert.ok(error instanceof StacFailure);
        assert.match(error.message, pattern);
        assert.match(error.message, /named by the STAC address \(--stac/);
        return true;
      });
    };
    await says(
      'http://127.0.0.1:1/v1',
      /ECONNREFUSED: nothing listens at 127\.0\.0\.1:1; see that the server is up/,
    );
    await says('http://no.such.host.invalid/', /(ENOTFOUND|EAI_AGAIN): .*no\.such\.host\.invalid/);
    await says(server.url.replace('http', 'https'), /EPROTO|ERR_SSL.*does not speak TLS/);
  });
});
