import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { AddressRefused, ObjectMissing, type ObjectInfo, StoreFailure } from '../../store/object-store.js';
import { WebStore } from '../../store/web-store.js';
import { WebServer } from './web-server.js';

const QUICK = { idleMs: 400, attempts: 3, longestPauseMs: 1_500 };
const SIZE = 3_000_000;

describe('a store of web servers', () => {
  let server: WebServer;
  let store: WebStore;
  let folder: string;
  let path: string;
  const body = randomBytes(SIZE);
  const address = (): string => `${server.url}/scene/B04.tif`;

  before(async () => {
    server = await WebServer.start();
  });
  after(() => server.stop());
  beforeEach(async () => {
    server.reset();
    server.objects.clear();
    server.objects.set('/scene/B04.tif', body);
    store = new WebStore(QUICK);
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-web-'));
    path = join(folder, 'B04.tif');
  });
  afterEach(async () => {
    store.close();
    await rm(folder, { recursive: true, force: true });
  });

  const found = async (): Promise<ObjectInfo> => {
    const info = await store.head(address());
    assert.ok(info);
    return info;
  };
  const fetched = async (): Promise<void> => {
    assert.ok((await readFile(path)).equals(body), 'the file differs');
    assert.deepEqual((await readdir(folder)).sort(), ['B04.tif', 'B04.tif.version']);
  };

  it('tells size and ETag of an object, and that there is none', async () => {
    assert.deepEqual(await found(), {
      key: address(),
      bytes: SIZE,
      etag: createHash('md5').update(body).digest('hex'),
    });
    assert.equal(await store.head(`${server.url}/scene/B05.tif`), undefined);
  });

  it('finds the size by a byte where HEAD is refused, as signed addresses do', async () => {
    server.manners = { ...server.manners, head: false };
    assert.equal((await found()).bytes, SIZE);
    assert.deepEqual(server.asked, ['HEAD /scene/B04.tif', 'GET /scene/B04.tif bytes=0-0']);
  });

  it('sends no credentials, and asks for the bytes as they are', async () => {
    process.env.AWS_ACCESS_KEY_ID ??= 'planted';
    await store.download(await found(), path);
    for (const { authorization, cookie, 'accept-encoding': encoding, ...rest } of server.headers) {
      assert.deepEqual([authorization, cookie, encoding], [undefined, undefined, 'identity']);
      assert.doesNotMatch(Object.keys(rest).join(), /amz|secret|token/i);
    }
  });

  it('downloads an object, and asks no second time for what lies there', async () => {
    const info = await found();
    await store.download(info, path);
    await fetched();
    server.asked.length = 0;
    await store.download(info, path);
    assert.deepEqual(server.asked, []);
  });

  it('goes on where a download was cut or fell silent', async () => {
    const info = await found();
    server.reset({ kind: 'cut', bytes: 1_000_000 }, { kind: 'stall', bytes: 500_000 });
    await store.download(info, path);
    await fetched();
    assert.equal(server.asked[0], 'GET /scene/B04.tif');
    assert.match(server.asked[1]!, /^GET \/scene\/B04\.tif bytes=[1-9]\d*-$/);
    assert.equal(server.asked.length, 3);
    assert.ok(server.headers.every((headers) => headers['if-match'] === `"${info.etag}"`));
  });

  it('begins anew, but keeps what it has, at a server that knows no ranges', async () => {
    server.manners = { ...server.manners, ranges: false };
    const info = await found();
    server.mishaps.push({ kind: 'cut', bytes: 1_000_000 });
    await store.download(info, path);
    await fetched();
  });

  for (const etags of ['weak', 'none'] as const)
    it(`downloads and resumes with ${etags === 'none' ? 'no' : 'a weak'} ETag`, async () => {
      server.manners = { ...server.manners, etags };
      const info = await found();
      assert.match(info.etag ?? '', /^W\//);
      server.mishaps.push({ kind: 'cut', bytes: 1_000_000 });
      await store.download(info, path);
      await fetched();
    });

  it('brings an object that is replaced meanwhile in its new version, never as a mixture', async () => {
    const info = await found();
    const other = randomBytes(SIZE);
    server.reset(
      { kind: 'cut', bytes: 1_000_000 },
      { kind: 'then', event: () => server.objects.set('/scene/B04.tif', other) },
    );
    await store.download(info, path);
    assert.ok((await readFile(path)).equals(other));
  });

  it('waits as long as a busy server asks, and hands longer waits on', async () => {
    const info = await found();
    server.reset({ kind: 'status', status: 503, headers: { 'retry-after': '1' } });
    const began = Date.now();
    await store.download(info, path);
    assert.ok(Date.now() - began >= 950);
    await rm(path);
    server.reset({ kind: 'status', status: 429, headers: { 'retry-after': '60' } });
    await assert.rejects(store.download(info, path), (error: Error) => {
      assert.ok(error instanceof StoreFailure);
      assert.equal((error as { retryAfterMs?: number }).retryAfterMs, 60_000);
      return true;
    });
  });

  it('gives up a server that does not answer, for the time being', async () => {
    server.reset(...Array.from({ length: 9 }, () => ({ kind: 'stall', bytes: 0 }) as const));
    const info = { key: address(), bytes: SIZE };
    await assert.rejects(store.download(info, path), StoreFailure);
    const gone = new WebStore(QUICK);
    await assert.rejects(gone.head('http://127.0.0.1:1/B04.tif'), /ECONNREFUSED/);
    gone.close();
  });

  it('says that an object is not public, without the query of its address', async () => {
    const refused = { kind: 'status', status: 401 } as const;
    server.reset(refused, refused);
    server.manners = { ...server.manners, head: false };
    await assert.rejects(store.head(`${address()}?signature=very-secret`), (error: Error) => {
      assert.ok(error instanceof AddressRefused);
      assert.match(error.message, /B04\.tif: 401: it is not public/);
      assert.doesNotMatch(error.message, /very-secret/);
      return true;
    });
  });

  it('never shows the query of an address when a download fails', async () => {
    const secret = '?signature=very-secret';
    for (const key of [`${server.url}/scene/B09.tif${secret}`, `${address()}${secret}`]) {
      server.reset(
        { kind: 'cut', bytes: 10 },
        ...Array.from({ length: 9 }, () => ({ kind: 'cut', bytes: 0 }) as const),
      );
      await assert.rejects(store.download({ key, bytes: SIZE }, path), (error: Error) => {
        assert.doesNotMatch(error.message, /very-secret/);
        return true;
      });
    }
    assert.doesNotMatch((await readdir(folder)).join(), /secret/);
  });

  it('follows its own host, and nobody else', async () => {
    server.redirects.set('/latest', '/scene/B04.tif');
    assert.equal((await store.head(`${server.url}/latest`))?.bytes, SIZE);
    server.redirects.set('/away', 'http://169.254.169.254/latest/meta-data');
    await assert.rejects(store.head(`${server.url}/away`), /leads to .*169\.254.*not followed/);
    server.redirects.set('/round', '/round');
    await assert.rejects(store.head(`${server.url}/round`), AddressRefused);
  });

  it('ends when it is cancelled', async () => {
    const info = await found();
    server.reset({ kind: 'stall', bytes: 10 });
    const stop = new AbortController();
    setTimeout(() => {
      stop.abort(new Error('enough'));
    }, 100);
    await assert.rejects(store.download(info, path, { signal: stop.signal }), /enough|aborted/);
  });

  it('reads some bytes, from servers without ranges too', async () => {
    const range = { from: 1_000, bytes: 50 };
    assert.ok((await store.read(address(), range)).equals(body.subarray(1_000, 1_050)));
    server.manners = { ...server.manners, ranges: false };
    assert.ok((await store.read(address(), range)).equals(body.subarray(1_000, 1_050)));
    await assert.rejects(store.read(`${server.url}/nothing`, range), ObjectMissing);
  });
});
