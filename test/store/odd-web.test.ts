/** Web servers and portals that answer oddly in place of an object. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { AddressRefused, StoreFailure } from '../../store/object-store.js';
import { retryAfterMs } from '../../store/web-answer.js';
import { WebStore } from '../../store/web-store.js';
import { OddServer, sendOn } from '../stac/odd-server.js';

const QUICK = { idleMs: 500, attempts: 1, longestPauseMs: 100 };

describe('a web server that answers oddly', () => {
  let server: OddServer;
  let store: WebStore;
  let folder: string;
  const body = randomBytes(200_000);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-odd-web-'));
    server = await OddServer.start(() => undefined);
  });
  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    store = new WebStore(QUICK, { folders: [] });
  });
  afterEach(() => {
    store.close();
  });
  const address = (): string => `${server.url}/B04.tif`;

  it('with a web page, or packed, is no object', async () => {
    for (const headers of [
      { 'content-type': 'text/html; charset=utf-8', 'content-length': 20 },
      { 'content-encoding': 'gzip', 'content-length': 20 },
    ]) {
      server.answer = (request, response) => {
        response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : '<html>log in</html> ');
      };
      await assert.rejects(store.head(address()), StoreFailure);
      await assert.rejects(store.read(address(), { from: 0, bytes: 5 }), StoreFailure);
      await assert.rejects(store.download({ key: address(), bytes: 20 }, join(folder, 'page')), StoreFailure);
    }
  });

  it('with 0 bytes to HEAD is asked for the first byte', async () => {
    server.answer = (request, response) => {
      if (request.method === 'HEAD') response.writeHead(200, { 'content-length': 0 }).end();
      else response.writeHead(206, { 'content-range': 'bytes 0-0/777' }).end('x');
    };
    assert.equal((await store.head(address()))?.bytes, 777);
  });

  it('in chunks without a size is downloaded by its ETag', async () => {
    const etag = '"v1"';
    server.answer = (request, response) => {
      if (request.headers.range !== undefined)
        response.writeHead(206, { etag, 'content-range': `bytes 0-0/${body.length}` }).end('x');
      else
        response
          .writeHead(200, { etag, 'transfer-encoding': 'chunked' })
          .end(request.method === 'HEAD' ? undefined : body);
    };
    const info = (await store.head(address()))!;
    assert.equal(info.bytes, body.length);
    await store.download(info, join(folder, 'chunked'));
    assert.ok((await readFile(join(folder, 'chunked'))).equals(body));
  });

  it('with another range is not believed', async () => {
    server.answer = (_request, response) => {
      response.writeHead(206, { 'content-range': 'bytes 0-4/777' }).end('01234');
    };
    await assert.rejects(store.read(address(), { from: 5, bytes: 5 }), StoreFailure);
  });

  it('that sends to a link-local address, a file or from https to http is not followed', async () => {
    for (const target of ['http://169.254.169.254/x', 'file:///etc/passwd', 'ftp://127.0.0.1/x']) {
      server.answer = (_request, response) => {
        sendOn(response, target);
      };
      await assert.rejects(store.head(address()), AddressRefused);
    }
    await assert.rejects(store.head('http://[::ffff:169.254.169.254]/x'), /never asked/);
  });

  it('and is not among the hosts that the operator lists is not asked', async () => {
    const strict = new WebStore(QUICK, { folders: [], hosts: ['tiles.example'] });
    server.asked.length = 0;
    await assert.rejects(strict.head(address()), (error: Error) => {
      assert.ok(error instanceof AddressRefused && error.message.includes('PARCELWISE_HOSTS'));
      return true;
    });
    assert.deepEqual(server.asked, []);
    strict.close();
  });

  it('is told with host, setting and remedy where it is not reached', async () => {
    await assert.rejects(
      store.head('http://127.0.0.1:1/B04.tif?sig=planted'),
      /^StoreFailure: .*ECONNREFUSED: nothing listens at 127\.0\.0\.1:1; .* named by the STAC item's address of the object$/,
    );
  });
});

describe('a wish to be left alone', () => {
  it('is heeded for an hour at most', () => {
    assert.equal(retryAfterMs('5'), 5_000);
    assert.equal(retryAfterMs('3600'), 3_600_000);
    for (const long of ['3601', '1e300', 'Fri, 31 Dec 9999 23:59:59 GMT'])
      assert.equal(retryAfterMs(long), 3_600_000);
    assert.equal(retryAfterMs('-5'), 0);
    for (const odd of ['', ' ', 'soon', 'Infinity', undefined]) assert.equal(retryAfterMs(odd), undefined);
  });
});
