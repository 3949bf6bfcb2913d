/** What is answered where a product is gone or damaged, the store is away, or a file is not there any more. */
import assert from 'node:assert/strict';
import { open, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { LentFiles } from '../../../server/chips/lent-files.js';
import { buildServer } from '../../../server/serve.js';
import { type ObjectStore, StoreFailure } from '../../../store/object-store.js';
import { storeWith } from '../../activities/store-with.js';
import { skipWithoutServer } from '../../database/database.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { Datasets } from '../../../server/datasets/datasets.js';
import { ENTRY, silent } from '../served-season.js';
import { type Answer, ask, MARCH } from './ask.js';
import { type ChipSeason, KEYS, S2, serveChips } from './chip-scenes.js';

const folder = temporaryFolder('chip-faults');

describe('Chips that can not be had', { skip: skipWithoutServer }, () => {
  let season: ChipSeason;
  let isAway = false;
  const failing = (store: ObjectStore): ObjectStore =>
    storeWith(store, {
      fetch: (...asked) =>
        isAway ? Promise.reject(new StoreFailure('secret-host: refused')) : store.fetch(...asked),
    });
  before(async () => {
    season = await serveChips(folder, { changed: failing });
  });
  after(() => season.close());

  it('are told to be gone with their product, and left out beside others', async () => {
    const path = join(season.bucket, KEYS.B08);
    await rename(path, `${path}.away`);
    try {
      const place = await season.placeAt(700, 200);
      const query = { ...place, ...MARCH, band: 'B08' };
      const alone = await season.app.inject({ url: '/query/rawChipByLocation', query });
      assert.equal(alone.statusCode, 404);
      assert.match(
        alone.json<Answer>().error!,
        /^B08 of S2A_\S+ can't be read: .* not in the store any more\.$/,
      );
      const payload = { ...place, tiles: [S2], bands: ['B08', 'B04'], chipsize: 320 };
      const both = await season.app.inject({ method: 'POST', url: '/query/rawChipsBatch', payload });
      assert.equal(both.headers['x-chips-missing'], '1');
      assert.equal(both.json<Answer>().chips?.length, 1);
    } finally {
      await rename(`${path}.away`, path);
    }
    const place = await season.placeAt(700, 200);
    assert.equal(
      (await ask(season.app, 'rawChipByLocation', { ...place, ...MARCH, band: 'B08' })).chips?.length,
      1,
    );
  });

  it('are told to be damaged, without a word of where they lie', async () => {
    const file = await open(join(season.bucket, `${KEYS.BS}.hdr`), 'r+');
    await file.write('nonsense', 0);
    await file.close();
    const query = { ...(await season.placeAt(300, 300)), ...MARCH, band: 'VV', plevel: 'CARD-BS' };
    const answer = await season.app.inject({ url: '/query/rawChipByLocation', query });
    assert.equal(answer.statusCode, 404);
    assert.match(answer.json<Answer>().error!, /^VV of S1A_\S+ can't be read: its file is damaged/);
    assert.ok(!answer.body.includes(season.bucket) && !answer.body.includes('.hdr'));
  });

  it('are told to be damaged where an upload was cut, though the band was read before', async () => {
    const path = join(season.bucket, KEYS.B04);
    const whole = await readFile(path);
    const place = await season.placeAt(900, 900);
    const cut = {
      url: '/query/rawChipByLocation',
      query: { ...place, ...MARCH, band: 'B04', chipsize: '320' },
    };
    const elsewhere = { ...cut.query, ...(await season.placeAt(100, 100)) };
    assert.equal((await ask(season.app, 'rawChipByLocation', elsewhere)).chips?.length, 1);
    await truncate(path, Math.floor(whole.length / 3));
    try {
      const answer = await season.app.inject(cut);
      assert.equal(answer.statusCode, 404);
      assert.match(answer.json<Answer>().error!, /^B04 of S2A_\S+ can't be read: its file is damaged/);
    } finally {
      await writeFile(path, whole);
    }
    assert.equal((await season.app.inject(cut)).json<Answer>().chips?.length, 1);
  });

  it('are to be asked for again where the store does not answer', async () => {
    isAway = true;
    try {
      const query = { ...(await season.placeAt(100, 800)), ...MARCH, band: 'B04' };
      const answer = await season.app.inject({ url: '/query/rawChipByLocation', query });
      assert.equal(answer.statusCode, 503);
      assert.match(answer.json<Answer>().error!, /^The store of products does not answer/);
    } finally {
      isAway = false;
    }
  });

  it('want a store', async () => {
    const { pool } = season;
    const app = await buildServer({ pool, datasets: new Datasets(pool, [ENTRY]) }, { log: silent });
    const query = { ...(await season.placeAt(100, 800)), ...MARCH, band: 'B04' };
    for (const url of ['/query/rawChipByLocation', '/query/chipsByLocation', '/static/tmp/a/b']) {
      const answer = await app.inject({ url, query });
      assert.equal(answer.statusCode, 404, url);
      assert.match(answer.json<Answer>().error!, /--s3-config/);
    }
    await app.close();
  });

  it('are files of those who were told their names alone', async () => {
    const query = { ...(await season.placeAt(500, 500)), ...MARCH, band: 'B04' };
    const { chips } = await ask(season.app, 'rawChipByLocation', query);
    const [name, file] = chips![0]!.split('/').slice(-2);
    assert.equal((await season.app.inject(chips![0]!)).statusCode, 200);
    for (const path of [
      `/static/tmp/${name}/${file!.replace('B04', 'B08')}`,
      `/static/tmp/${name!.replace(/_[0-9a-f]{32}$/, `_${'0'.repeat(32)}`)}/${file}`,
      ...[
        '/static/tmp/..%2f..%2fetc/passwd',
        `/static/tmp/${name}/..%2f${file}`,
        `/static/tmp/${name}/__proto__`,
      ],
      ...['/static/tmp/__proto__/toString', `/static/tmp/${name}`, '/static/tmp/%00/%00'],
    ])
      assert.equal((await season.app.inject(path)).statusCode, 404, path);
  });
});

describe('Files that are lent', () => {
  const chip = (name: string) => ({ kind: 'chip', name }) as const;

  it('are found for an hour under a name that nobody guesses', () => {
    let now = 0;
    const lent = new LentFiles(10, () => now);
    const one = lent.lend('E1N2', new Map([['a.tif', chip('a')]]));
    const other = lent.lend('E1N2', new Map([['a.tif', chip('b')]]));
    assert.match(one, /^E1N2_[0-9a-f]{32}$/);
    assert.notEqual(one, other);
    now = 3_599_999;
    assert.deepEqual(lent.find(one, 'a.tif'), chip('a'));
    assert.deepEqual(lent.find(other, 'a.tif'), chip('b'));
    assert.equal(lent.find(one, 'b.tif'), undefined);
    now = 3_600_000;
    assert.equal(lent.find(one, 'a.tif'), undefined);
  });

  it('are so many at most, of which the oldest go', () => {
    const lent = new LentFiles(3, () => 0);
    const two = new Map([
      ['a', chip('a')],
      ['b', chip('b')],
    ]);
    const first = lent.lend('x', two);
    const second = lent.lend('x', new Map([['c', chip('c')]]));
    assert.ok(lent.find(first, 'a') && lent.find(second, 'c'));
    const third = lent.lend('x', two);
    assert.equal(lent.find(first, 'a'), undefined);
    assert.ok(lent.find(second, 'c') && lent.find(third, 'b'));
  });
});
