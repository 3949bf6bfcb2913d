import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { FolderStore } from '../../store/folder-store.js';
import { localName } from '../../store/local-name.js';
import { ObjectMissing, StoreDenied, StoreFailure } from '../../store/object-store.js';
import { openStore } from '../../store/open.js';

describe('a folder as a store', () => {
  let root: string;
  let store: FolderStore;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'parcelwise-folder-'));
    const keys = ['a/b.txt', 'a/b/c.txt', 'a/b-c.txt', 'a/b0.txt', 'a/é.txt', 'ab.txt'];
    await mkdir(join(root, 'bucket/a/b'), { recursive: true });
    for (const key of keys) await writeFile(join(root, 'bucket', key), key);
    await writeFile(join(root, 'secret.txt'), 'outside');
    await symlink(join(root, 'secret.txt'), join(root, 'bucket', 'link.txt'));
    store = new FolderStore(join(root, 'bucket'));
  });
  after(async () => rm(root, { recursive: true }));

  const list = async (prefix: string): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of store.list(prefix)) keys.push(key);
    return keys;
  };

  it('lists keys in the order of their bytes, as S3 does', async () => {
    assert.deepEqual(await list('a'), ['a/b-c.txt', 'a/b.txt', 'a/b/c.txt', 'a/b0.txt', 'a/é.txt', 'ab.txt']);
  });

  it('lists by prefixes that end within a name, and nothing where there is nothing', async () => {
    assert.deepEqual(await list('a/b0'), ['a/b0.txt']);
    assert.deepEqual(await list('a/b/'), ['a/b/c.txt']);
    assert.deepEqual(await list('x/y/z'), []);
    assert.deepEqual(await list('a/b.txt/x'), []);
  });

  it('copies an object whole', async () => {
    const info = await store.head('a/b.txt');
    assert.equal(info?.bytes, 7);
    await store.download(info, join(root, 'copy'));
    assert.equal(await readFile(join(root, 'copy'), 'utf8'), 'a/b.txt');
  });

  it('knows no object that is a folder, or none', async () => {
    assert.equal(await store.head('a/b'), undefined);
    assert.equal(await store.head('a/b.txt/c'), undefined);
    await assert.rejects(store.download({ key: 'nothing', bytes: 1 }, join(root, 'copy')), ObjectMissing);
  });

  for (const key of ['../secret.txt', 'a/../../secret.txt', '/etc/passwd', 'a\\..\\x', 'link.txt']) {
    it(`refuses to leave by ${key}`, async () => {
      await assert.rejects(store.head(key), StoreDenied);
    });
  }

  it('that can not be looked at is a failure, no absence', async () => {
    await symlink('round', join(root, 'bucket', 'round'));
    await assert.rejects(store.head('round'), (error: Error) => {
      assert.ok(error instanceof StoreFailure);
      assert.match(error.message, /round can't be looked at \(ELOOP\)/);
      return true;
    });
    await rm(join(root, 'bucket', 'round'));
    assert.equal(await store.head('x'.repeat(300)), undefined);
  });

  it('that is not there is a failure', async () => {
    await assert.rejects(new FolderStore(join(root, 'nowhere')).head('a'), StoreFailure);
  });

  it('is what a file: endpoint opens', async () => {
    const opened = openStore({ endpoint: pathToFileURL(root).href, bucket: 'bucket', addressing: 'path' });
    assert.equal((await opened.head('ab.txt'))?.bytes, 6);
  });
});

describe('the local name of an object', () => {
  it('keeps an ENVI pair together', () => {
    assert.equal(localName('x/y.data/Gamma0_VV.img'), 'Gamma0_VV.img');
    assert.equal(localName('x/y.data/Gamma0_VV.hdr'), 'Gamma0_VV.hdr');
  });

  for (const key of [
    'a/..',
    '..',
    'a/',
    '',
    'a/.hidden',
    'a\\..\\b',
    'a/\0',
    `a/${'x'.repeat(500)}`,
    'a/é ü.jp2',
  ]) {
    it(`is one harmless part of a path for ${JSON.stringify(key.slice(0, 20))}`, () => {
      assert.match(localName(key), /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,119}$/);
    });
  }
});
