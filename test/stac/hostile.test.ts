/** STAC sources that lead where nobody may go, and what may be told of their answers. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { StacDenied, StacFailure } from '../../stac/errors.js';
import { fetchJson } from '../../stac/http.js';
import { openSource, requireSource, sourceAddress } from '../../stac/source.js';
import { OddServer, sendJson, sendOn } from './odd-server.js';
import { denied, item, NOWHERE, readAll, root } from './hostile.js';

const SECRET = 'host:5432:db:user:planted-pgpass';

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
    await fetchJson({ url: `${server.url}/x?token=planted` }, { ...NOWHERE, longestPauseMs: 0 }).then(
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
