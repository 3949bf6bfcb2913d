import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { parseAddress, shownAddress } from '../../store/address.js';
import { localName } from '../../store/local-name.js';
import { type ObjectStore, StoreDenied } from '../../store/object-store.js';
import { openStore } from '../../store/open.js';
import { Gateway, SECRET_KEY } from './gateway.js';
import { WebServer } from './web-server.js';

const HERE = Buffer.from('in the configured bucket');
const THERE = Buffer.from('in another bucket');
const WEB = Buffer.from('on the web');

describe('a store that takes addresses', () => {
  let gateway: Gateway;
  let web: WebServer;
  let folder: string;
  before(async () => {
    [gateway, web] = await Promise.all([Gateway.start(), WebServer.start()]);
    await gateway.put('a/B04.jp2', HERE);
    const other = join(dirname(gateway.bucketFolder), 'sentinel-cogs', 'a');
    await mkdir(other, { recursive: true });
    await writeFile(join(other, 'B04.jp2'), THERE);
    web.objects.set('/a/B04.tif', WEB);
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-addressed-'));
  });
  after(async () => {
    await Promise.all([gateway.stop(), web.stop()]);
    await rm(folder, { recursive: true });
  });

  const bring = async (store: ObjectStore, address: string): Promise<string> => {
    const object = await store.head(address);
    assert.ok(object, `${address} is not there`);
    assert.equal(object.key, address);
    const path = join(folder, `${Math.random()}`);
    await store.download(object, path);
    return await readFile(path, 'utf8');
  };

  for (const kind of ['S3 gateway', 'folder'] as const)
    it(`reads its bucket, other buckets and web servers (${kind})`, async () => {
      const endpoint = { endpoint: pathToFileURL(dirname(gateway.bucketFolder)).href };
      const store = openStore(gateway.config(kind === 'folder' ? endpoint : {}));
      assert.equal(await bring(store, 'a/B04.jp2'), HERE.toString());
      assert.equal(await bring(store, 's3://eodata/a/B04.jp2'), HERE.toString());
      assert.equal(await bring(store, 's3://sentinel-cogs/a/B04.jp2'), THERE.toString());
      assert.equal(await bring(store, `${web.url}/a/B04.tif`), WEB.toString());
      assert.equal(await store.head('s3://nowhere/a/B04.jp2'), undefined);
      assert.equal(await store.head('s3://eodata/a/B05.jp2'), undefined);
      store.close();
    });

  it('keeps the keys of the store from web servers', () => {
    assert.doesNotMatch(JSON.stringify(web.headers), new RegExp(`${SECRET_KEY}|tester`));
  });

  for (const address of [
    'ftp://host/B04.tif',
    'file:///etc/passwd',
    's3://bucket',
    's3://../etc/passwd',
    's3://a\\b/key',
    'https://user:very-secret@host/B04.tif',
  ])
    it(`refuses ${address}`, async () => {
      const store = openStore(gateway.config());
      await assert.rejects(
        async () => await store.head(address),
        (error: Error) => error instanceof StoreDenied && !error.message.includes('very-secret'),
      );
      store.close();
    });

  it('takes no key for an address, nor an address for a path', () => {
    assert.deepEqual(parseAddress('a/b.jp2'), { kind: 'key', key: 'a/b.jp2' });
    assert.deepEqual(parseAddress('s3://b-1/a b/#1.jp2'), { kind: 's3', bucket: 'b-1', key: 'a b/#1.jp2' });
    assert.equal(
      localName('https://host/a/..%2f..%2fB04.tif?sig=very-secret'),
      '..%2f..%2fB04.tif'.replaceAll(/%|^\.+/g, '_'),
    );
    assert.equal(localName('https://host/a/../../etc/passwd'), 'passwd');
    assert.equal(shownAddress('https://user:pass@host/a?b#c'), 'https://host/a');
  });
});
