import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { partPath } from '../../store/download.js';
import {
  DiskFull,
  ObjectMissing,
  StoreDenied,
  StoreFailure,
  type ObjectInfo,
} from '../../store/object-store.js';
import { S3Store } from '../../store/s3-store.js';
import { FaultyProxy } from './faulty-proxy.js';
import { Gateway, SECRET_KEY } from './gateway.js';

const QUICK = { idleMs: 500, connectMs: 2_000, attempts: 3 };
const SIZE = 3_000_000;

describe('an S3 store', () => {
  let gateway: Gateway;
  let proxy: FaultyProxy;
  let store: S3Store;
  let folder: string;
  let path: string;
  const body = randomBytes(SIZE);

  before(async () => {
    gateway = await Gateway.start();
    proxy = await FaultyProxy.start(gateway.port);
  });
  after(async () => {
    await proxy.stop();
    await gateway.stop();
  });
  beforeEach(async () => {
    proxy.reset();
    store = new S3Store(gateway.config({ endpoint: proxy.endpoint }), QUICK);
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-download-'));
    path = join(folder, 'B04.jp2');
    await gateway.put('scene/B04.jp2', body);
  });
  afterEach(async () => {
    store.close();
    await rm(folder, { recursive: true, force: true });
  });

  const found = async (): Promise<ObjectInfo> => {
    const info = await store.head('scene/B04.jp2');
    assert.ok(info);
    return info;
  };

  it('tells size and ETag of an object, and that there is none', async () => {
    const { bytes, etag } = await found();
    assert.equal(bytes, SIZE);
    assert.equal(etag, createHash('md5').update(body).digest('hex'));
    assert.equal(await store.head('scene/B05.jp2'), undefined);
  });

  it('lists all pages of a prefix in key order', async () => {
    const keys = Array.from({ length: 1203 }, (_, i) => `many/${String(i).padStart(4, '0')}`);
    await mkdir(join(gateway.bucketFolder, 'many'));
    for (const key of keys) await writeFile(join(gateway.bucketFolder, key), key);
    const listed: string[] = [];
    for await (const { key, bytes } of store.list('many/')) {
      assert.equal(bytes, key.length);
      listed.push(key);
    }
    assert.deepEqual(listed, keys);
  });

  it('downloads an object, and asks no second time for what lies there', async () => {
    const info = await found();
    const progress: number[] = [];
    await store.download(info, path, { onProgress: (received) => progress.push(received) });
    assert.deepEqual(await readFile(path), body);
    assert.equal(progress.at(-1), SIZE);
    await store.download(info, path);
    assert.deepEqual(proxy.ranges, ['']);
    assert.deepEqual((await readdir(folder)).sort(), ['B04.jp2', 'B04.jp2.version']);
  });

  it('downloads an object of no bytes', async () => {
    await gateway.put('empty', new Uint8Array());
    const info = await store.head('empty');
    assert.ok(info);
    await store.download(info, path);
    assert.equal((await readFile(path)).length, 0);
  });

  it('goes on where a cut download stopped', async () => {
    proxy.reset({ kind: 'cut', bytes: 1_000_000 }, { kind: 'cut', bytes: 500_000 });
    await store.download(await found(), path);
    assert.deepEqual(await readFile(path), body);
    assert.deepEqual(proxy.ranges, ['', 'bytes=1000000-', 'bytes=1500000-']);
  });

  it('goes on where a stalled download stopped', async () => {
    proxy.reset({ kind: 'stall', bytes: 700_000 });
    await store.download(await found(), path);
    assert.deepEqual(await readFile(path), body);
    assert.deepEqual(proxy.ranges, ['', 'bytes=700000-']);
  });

  it('goes on, in another process, where an aborted download stopped', async () => {
    const info = await found();
    const abort = new AbortController();
    const onProgress = (received: number): void => {
      if (received >= 1_000_000) abort.abort(new Error('cancelled by the campaign'));
    };
    await assert.rejects(
      store.download(info, path, { signal: abort.signal, onProgress }),
      /cancelled by the campaign/,
    );
    const other = new S3Store(gateway.config({ endpoint: proxy.endpoint }), QUICK);
    await other.download(info, path);
    other.close();
    assert.deepEqual(await readFile(path), body);
    assert.match(proxy.ranges[1]!, /^bytes=[1-2]\d{6}-$/);
  });

  it('gives up a download that is cut again and again without a byte', async () => {
    proxy.reset(...Array.from({ length: 8 }, () => ({ kind: 'cut', bytes: 0 }) as const));
    await assert.rejects(store.download(await found(), path), StoreFailure);
    assert.deepEqual(
      (await readdir(folder)).filter((name) => !name.endsWith('.part')),
      [],
    );
  });

  it('waits as long as a busy store asks', async () => {
    proxy.reset({ kind: 'busy', retryAfterSeconds: 1 });
    const start = performance.now();
    await store.download(await found(), path);
    assert.ok(performance.now() - start >= 990);
    assert.deepEqual(await readFile(path), body);
  });

  it('brings the new version of an object that is replaced during the download, never a mixture', async () => {
    const newer = randomBytes(SIZE);
    const event = async (): Promise<void> => gateway.put('scene/B04.jp2', newer);
    proxy.reset({ kind: 'cut', bytes: 1_000_000 }, { kind: 'after', event });
    await store.download(await found(), path);
    assert.deepEqual(await readFile(path), newer);
  });

  it('replaces a complete file of an older version', async () => {
    await store.download(await found(), path);
    const newer = randomBytes(SIZE);
    await gateway.put('scene/B04.jp2', newer);
    await store.download(await found(), path);
    assert.deepEqual(await readFile(path), newer);
  });

  it('fetches once more what was damaged on the way', async () => {
    proxy.reset({ kind: 'damage', bytes: 1_234_567 });
    await store.download(await found(), path);
    assert.deepEqual(await readFile(path), body);
    assert.equal(proxy.ranges.length, 2);
  });

  it('fails when two transfers are damaged differently', async () => {
    proxy.reset({ kind: 'damage', bytes: 1 }, { kind: 'damage', bytes: 2 });
    await assert.rejects(store.download(await found(), path), (error: Error) => {
      assert.ok(error instanceof StoreFailure);
      assert.match(error.message, /scene\/B04\.jp2.*damaged on the way/);
      return true;
    });
    assert.deepEqual(await readdir(folder), []);
  });

  it('bears two downloads of the same object to the same path', async () => {
    const info = await found();
    const other = new S3Store(gateway.config({ endpoint: proxy.endpoint }), QUICK);
    // Many times, since which of them renames first, and when, is chance.
    for (let round = 0; round < 20; round++) {
      const cuts = [400_000, 900_000].map((bytes) => ({ kind: 'cut', bytes }) as const);
      proxy.reset(...(round % 4 === 0 ? cuts : []));
      const to = join(folder, `round-${round}`);
      await Promise.all([store.download(info, to), other.download(info, to)]);
      assert.deepEqual(await readFile(to), body);
    }
    other.close();
  });

  it('stops at once when aborted', async () => {
    proxy.reset({ kind: 'stall', bytes: 100_000 });
    const patient = new S3Store(gateway.config({ endpoint: proxy.endpoint }), { ...QUICK, idleMs: 60_000 });
    const abort = new AbortController();
    const download = patient.download(await found(), path, { signal: abort.signal });
    await delay(300);
    const start = performance.now();
    abort.abort(new Error('enough'));
    await assert.rejects(download, /enough/);
    assert.ok(performance.now() - start < 500);
    patient.close();
  });

  it('says that an object is gone', async () => {
    const gone: ObjectInfo = { key: 'scene/B05.jp2', bytes: 10, etag: 'a' };
    await assert.rejects(store.download(gone, path), ObjectMissing);
  });

  it(
    'says that the disk is full, by a failure of its own',
    { skip: process.platform !== 'linux' },
    async () => {
      const info = await found();
      await symlink('/dev/full', partPath(info, path));
      await assert.rejects(store.download(info, path), (error: Error) => {
        assert.ok(error instanceof DiskFull);
        assert.equal(error.code, 'ENOSPC');
        assert.match(error.message, /B04\.jp2/);
        return true;
      });
      assert.deepEqual(await readdir(folder), []);
    },
  );

  describe('refuses with what to do about it, and without a secret', () => {
    const keys = (accessKeyId: string, secretAccessKey: string) => ({
      credentials: () => ({ accessKeyId, secretAccessKey }),
    });
    const cases = [
      { what: 'an unknown key', changes: keys('nobody', SECRET_KEY), says: /access_key/ },
      { what: 'a wrong secret', changes: keys('tester', 'wrong-secret'), says: /secret_key/ },
      { what: 'a missing bucket', changes: { bucket: 'nowhere' }, says: /nowhere.*bucket/ },
      { what: 'a wrong region', changes: { region: 'elsewhere' }, says: /region/ },
    ];
    for (const { what, changes, says } of cases) {
      it(what, async () => {
        const refused = new S3Store(gateway.config(changes), QUICK);
        await assert.rejects(refused.list('scene/').next(), (error: Error) => {
          assert.ok(error instanceof StoreDenied, inspect(error));
          assert.match(error.message, says);
          assert.doesNotMatch(inspect(error, { depth: 9 }), /never-to-be-seen|wrong-secret|Signature=/);
          return true;
        });
        refused.close();
      });
    }

    it('a wrong secret, where the store answers without a reason (HEAD)', async () => {
      const refused = new S3Store(gateway.config(keys('tester', 'wrong-secret')), QUICK);
      await assert.rejects(refused.head('scene/B04.jp2'), StoreDenied);
      refused.close();
    });
  });

  it('calls a refused connection a failure that may pass', async () => {
    const nowhere = new S3Store(gateway.config({ endpoint: 'http://127.0.0.1:1' }), QUICK);
    await assert.rejects(nowhere.head('x'), (error: Error) => {
      assert.ok(error instanceof StoreFailure);
      assert.match(error.message, /127\.0\.0\.1:1: ECONNREFUSED/);
      return true;
    });
    nowhere.close();
  });
});

describe('an S3 store whose ETags are no MD5', () => {
  it('fetches the first object twice, and trusts the size from then on', async () => {
    const gateway = await Gateway.start(['--default-etag', 'd41d8cd98f00b204e9800998ecf8427e']);
    const proxy = await FaultyProxy.start(gateway.port);
    const store = new S3Store(gateway.config({ endpoint: proxy.endpoint }), QUICK);
    try {
      for (const name of ['one', 'two']) {
        await writeFile(join(gateway.bucketFolder, name), randomBytes(100_000));
        const info = await store.head(name);
        assert.equal(info?.etag, 'd41d8cd98f00b204e9800998ecf8427e');
        const path = join(gateway.root, `${name}.copy`);
        await store.download(info, path);
        assert.deepEqual(await readFile(path), await readFile(join(gateway.bucketFolder, name)));
      }
      assert.equal(proxy.ranges.length, 3);
    } finally {
      store.close();
      await proxy.stop();
      await gateway.stop();
    }
  });
});

describe('an S3 store without ETags', () => {
  it('tells versions apart by their date', async () => {
    const gateway = await Gateway.start(['--nometa']);
    const proxy = await FaultyProxy.start(gateway.port);
    const store = new S3Store(gateway.config({ endpoint: proxy.endpoint }), { ...QUICK, idleMs: 5_000 });
    try {
      const file = join(gateway.bucketFolder, 'B04.jp2');
      const path = join(gateway.root, 'copy');
      await writeFile(file, randomBytes(200_000));
      const info = await store.head('B04.jp2');
      assert.match(info?.etag ?? '', /^W\/\d{4}-/);
      const newer = randomBytes(200_000);
      const event = async (): Promise<void> => {
        await delay(1_100);
        await writeFile(file, newer);
      };
      proxy.reset({ kind: 'cut', bytes: 100_000 }, { kind: 'after', event });
      await store.download(info!, path);
      assert.deepEqual(await readFile(path), newer);
    } finally {
      store.close();
      await proxy.stop();
      await gateway.stop();
    }
  });
});
