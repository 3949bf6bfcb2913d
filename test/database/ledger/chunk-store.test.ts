import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckedSelection } from '../../../database/selection/check.js';
import { storeChunk } from '../../../database/ledger/chunk-store.js';
import type { ChunkRows } from '../../../database/ledger/chunk-store.js';
import type { CopySource } from '../../../database/results/copy-exactly.js';
import { claimScene } from '../../../database/ledger/claim.js';
import { releaseScene } from '../../../database/ledger/release.js';
import { CopyBody, packHistogram, packSignatures } from '../../../database/results/copy-rows.js';
import { isTransient } from '../../../database/session/errors.js';
import { extractionsOf } from '../../../database/ledger/extractions.js';
import { markExtracted, markScene, readProgress } from '../../../database/ledger/mark.js';
import { readPlan, storedChunks, storePlan } from '../../../database/ledger/plan.js';
import { retryScene } from '../../../database/scenes/reset-scene.js';
import { getScene } from '../../../database/scenes/scenes.js';
import { query } from '../../../database/session/session.js';
import { createDatabase, skipWithoutServer } from '../database.js';
import type { TestDatabase } from '../database.js';
import { SOME_ORIGIN } from '../extracted.js';
import { anna, bert, makeSeason } from '../season.js';

const CHUNKS = [
  { chunk: 0, firstPid: 1, lastPid: 20 },
  { chunk: 1, firstPid: 21, lastPid: 40 },
];

/** Ten parcels with rows of B04 and a histogram, two without. */
function rows(firstPid: number): ChunkRows {
  const pids = Int32Array.from({ length: 10 }, (_, i) => firstPid + i);
  const statistics = Float64Array.from({ length: 80 }, (_, i) => (i % 8 === 0 ? 100 : i + 0.25));
  const signatures = new CopyBody();
  packSignatures(signatures, { obsid: 1, band: 'B04', pids, statistics });
  const hists = new CopyBody();
  for (const pid of pids) packHistogram(hists, pid, 1, { length: 10, 4: 55, 9: 3 });
  return {
    signatures: signatures.finish(),
    hists: hists.finish(),
    accounts: { parcels: 12, rows: 10, hists: 10 },
    gaps: [{ band: 'B04', reason: 'no-data', pids: [firstPid + 10, firstPid + 11] }],
    pids: Array.from({ length: 12 }, (_, i) => firstPid + i),
  };
}

describe('a chunk', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let season: CheckedSelection;
  before(async () => {
    database = await createDatabase();
    season = await makeSeason(database.pool);
  });
  beforeEach(async () => {
    await database.pool.query(`UPDATE dias_catalogue SET status = 'ingested' WHERE id = 1`);
    await database.pool.query('DELETE FROM parcelwise.extraction; TRUNCATE sigs, hists');
    await claimScene(database.pool, season, 1, anna, { campaign: 'spring', bands: ['B04'] });
    await storePlan(database.pool, season, 1, anna, CHUNKS, SOME_ORIGIN);
  });
  after(() => database.drop());

  const store = (chunk: number, owner = anna, signatures?: CopySource) => {
    const chunkRows = rows(CHUNKS[chunk]!.firstPid);
    return storeChunk(
      database.pool,
      season,
      1,
      owner,
      chunk,
      signatures === undefined ? chunkRows : { ...chunkRows, signatures },
    );
  };
  const count = async (table: string) =>
    (await database.pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`)).rows[0]!.n;
  const isEmpty = async () => {
    for (const table of ['sigs', 'hists', 'parcelwise.ledger', 'parcelwise.gap'])
      assert.equal(await count(table), 0, table);
  };

  it('is stored with its rows, histograms, gaps and ledger line', async () => {
    assert.equal(await store(0), 'stored');
    const [row] = await query(database.pool, 'SELECT * FROM sigs WHERE pid = 3');
    assert.deepEqual(row, {
      pid: 3,
      obsid: 1,
      band: 'B04',
      count: 100,
      mean: 17.25,
      std: 18.25,
      min: 19.25,
      max: 20.25,
      p25: 21.25,
      p50: 22.25,
      p75: 23.25,
    });
    const [hist] = await query(database.pool, 'SELECT * FROM hists WHERE pid = 3');
    assert.deepEqual(hist, { pid: 3, obsid: 1, hist: { 4: 55, 9: 3 } });
    assert.deepEqual(await storedChunks(database.pool, season, 1), [0]);
    assert.equal(await count('parcelwise.gap'), 1);
  });

  it('is stored when every band of its extraction is, each with its own line of rows', async () => {
    await releaseScene(database.pool, season, 1, anna);
    await claimScene(database.pool, season, 1, anna, { campaign: 'spring', bands: ['B04', 'B08'] });
    const one = rows(1);
    const both = new CopyBody();
    const statistics = new Float64Array(80).fill(1);
    const pids = Int32Array.from({ length: 10 }, (_, i) => i + 1);
    packSignatures(both, { obsid: 1, band: 'B04', pids, statistics });
    packSignatures(both, {
      obsid: 1,
      band: 'B08',
      pids: pids.subarray(0, 9),
      statistics: statistics.subarray(0, 72),
    });
    const signatures = both.finish();
    const accounts = { parcels: 12, rows: 19, hists: 10 };
    const storeBoth = (gaps: ChunkRows['gaps']) =>
      storeChunk(database.pool, season, 1, anna, 0, { ...one, signatures, accounts, gaps });
    await assert.rejects(storeBoth(one.gaps), /19 rows were stored, parcels and gaps make 22/);
    await isEmpty();
    await storeBoth([...one.gaps, { band: 'B08', reason: 'no-data', pids: [10, 11, 12] }]);
    assert.deepEqual(
      await query(database.pool, 'SELECT chunk, layer, rows FROM parcelwise.stored_layer ORDER BY layer'),
      [
        { chunk: 0, layer: 'B04', rows: 10 },
        { chunk: 0, layer: 'B08', rows: 9 },
      ],
    );
    assert.deepEqual(await storedChunks(database.pool, season, 1), [0]);
    assert.equal((await readProgress(database.pool, season, 1)).stored, 1);

    await database.pool.query(`DELETE FROM parcelwise.stored_layer WHERE layer = 'B08'`);
    assert.deepEqual(await storedChunks(database.pool, season, 1), []);
    assert.equal((await readProgress(database.pool, season, 1)).stored, 0);
    await assert.rejects(markExtracted(database.pool, season, 1, anna), /2 of 2 chunks are not stored/);
    await assert.rejects(store(0), /in the ledger, but not every layer of it\. .*scene forget/);
  });

  it('stored twice has its rows once, also when both attempts run at the same time', async () => {
    assert.deepEqual((await Promise.all([store(0), store(0), store(0)])).sort(), [
      'already',
      'already',
      'stored',
    ]);
    assert.equal(await store(0), 'already');
    assert.equal(await count('sigs'), 10);
    assert.equal(await count('hists'), 10);
  });

  it('is refused when the claim is lost, and so are plan and mark', async () => {
    await releaseScene(database.pool, season, 1, anna);
    await claimScene(database.pool, season, 1, bert, { campaign: 'spring', bands: ['B04'] });
    const lost = { name: 'ClaimLost' };
    await assert.rejects(store(0, anna), lost);
    await assert.rejects(storePlan(database.pool, season, 1, anna, CHUNKS, SOME_ORIGIN), lost);
    await assert.rejects(markExtracted(database.pool, season, 1, anna), lost);
    await assert.rejects(markScene(database.pool, season, 1, anna, 'no_parcels', ''), lost);
    await isEmpty();
  });

  it('of an owner that woke up too late changes nothing of what its successor stored', async () => {
    await store(0);
    await releaseScene(database.pool, season, 1, anna);
    const claim = await claimScene(database.pool, season, 1, bert, { campaign: 'spring', bands: ['B04'] });
    assert.deepEqual(claim, { claimed: true, resumed: true, bands: ['B04'] });
    const state = async () => ({
      rows: await query(database.pool, 'SELECT * FROM sigs ORDER BY pid'),
      hists: await query(database.pool, 'SELECT * FROM hists ORDER BY pid'),
      ledger: await query(database.pool, 'SELECT * FROM parcelwise.ledger ORDER BY chunk'),
      gaps: await query(database.pool, 'SELECT * FROM parcelwise.gap ORDER BY chunk'),
    });
    for (const successorHas of [1, 2]) {
      const before = await state();
      assert.equal(before.ledger.length, successorHas);
      await assert.rejects(store(1, anna), { name: 'ClaimLost' });
      await assert.rejects(store(0, anna), { name: 'ClaimLost' });
      assert.deepEqual(await state(), before);
      assert.equal(await store(1, bert), successorHas === 1 ? 'stored' : 'already');
    }
    assert.equal(await count('sigs'), 20);
  });

  it('that is being copied is waited for by whoever takes the scene over, and counts', async () => {
    const whole = rows(1).signatures as Buffer;
    let wake: () => void = () => undefined;
    const awake = new Promise<void>((resolve) => {
      wake = resolve;
    });
    async function* sleeping() {
      yield whole.subarray(0, 300);
      await awake;
      yield whole.subarray(300);
    }
    const late = store(0, anna, sleeping());
    await sleep(200);
    const events: string[] = [];
    const taken = releaseScene(database.pool, season, 1, anna)
      .then(() => claimScene(database.pool, season, 1, bert, { campaign: 'spring', bands: ['B04'] }))
      .then((claim) => {
        events.push('taken');
        return claim;
      });
    await sleep(300);
    events.push('awake');
    wake();
    assert.equal(await late, 'stored');
    assert.deepEqual(await taken, { claimed: true, resumed: true, bands: ['B04'] });
    assert.deepEqual(events, ['awake', 'taken']);
    assert.deepEqual(await storedChunks(database.pool, season, 1), [0]);
    assert.equal(await count('sigs'), 10);
  });

  it('that is being copied is waited for by whoever finds the scene set back by hand: its bands stay fixed', async () => {
    const whole = rows(1).signatures as Buffer;
    let wake: () => void = () => undefined;
    const awake = new Promise<void>((resolve) => {
      wake = resolve;
    });
    async function* sleeping() {
      yield whole.subarray(0, 300);
      await awake;
      yield whole.subarray(300);
    }
    const late = store(0, anna, sleeping());
    await sleep(200);
    await database.pool.query(`UPDATE dias_catalogue SET status = 'ingested' WHERE id = 1`);
    const taken = claimScene(database.pool, season, 1, bert, { campaign: 'spring', bands: ['B08'] });
    await sleep(300);
    wake();
    assert.equal(await late, 'stored');
    // Of a claim that had not seen the chunk, one band would be stored for some parcels, and another for the others.
    assert.deepEqual(await taken, { claimed: true, resumed: true, bands: ['B04'] });
    await assert.rejects(store(1, anna), { name: 'ClaimLost' });
  });

  it('leaves nothing behind when its connection is cut in the middle of a COPY', async () => {
    const whole = rows(1).signatures as Buffer;
    async function* cutting() {
      yield whole.subarray(0, 300);
      // The fence and half a row are sent; now the server ends the session.
      await sleep(100);
      const killed = await database.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%COPY public.sigs%' AND pid <> pg_backend_pid()`,
      );
      assert.equal(killed.rowCount, 1);
      await sleep(50);
      yield whole.subarray(300);
    }
    await assert.rejects(store(0, anna, cutting()), (error) => isTransient(error));
    await isEmpty();
    assert.equal(await store(0), 'stored');
    assert.equal(await count('sigs'), 10);
  });

  it('leaves nothing behind when the source of its rows fails, and the session serves on', async () => {
    async function* failing() {
      yield (rows(1).signatures as Buffer).subarray(0, 300);
      await sleep(1);
      throw new Error('a thread died');
    }
    await assert.rejects(store(0, anna, failing()), /a thread died/);
    await isEmpty();
    assert.equal(await store(0), 'stored');
  });

  it('closes the streams it was given, also those it had no need of', async () => {
    await store(0);
    const unread = [new PassThrough(), new PassThrough()] as const;
    const [signatures, hists] = unread;
    const again = storeChunk(database.pool, season, 1, anna, 0, { ...rows(1), signatures, hists });
    assert.equal(await again, 'already');
    assert.deepEqual(
      unread.map(({ destroyed }) => destroyed),
      [true, true],
    );
  });

  it('whose bytes are damaged is refused by the server, and nothing hangs', async () => {
    await assert.rejects(store(0, anna, Buffer.alloc(3_000_000, 7)), /COPY|signature/i);
    await isEmpty();
  });

  it('with fewer rows than announced is refused', async () => {
    const body = new CopyBody();
    await assert.rejects(store(0, anna, body.finish()), /10 rows were announced, 0 arrived/);
    await isEmpty();
  });

  it('survives an answer to COMMIT that is lost: the retry finds the ledger line', async () => {
    const impatient = new Proxy(database.pool, {
      get: (pool, property) =>
        property !== 'connect'
          ? (Reflect.get(pool, property) as unknown)
          : async () => {
              const client = await pool.connect();
              const send = client.query.bind(client) as (...values: unknown[]) => Promise<unknown>;
              const lossy = (...values: unknown[]) =>
                values[0] !== 'COMMIT'
                  ? send(...values)
                  : send(...values).then(() => {
                      throw new Error('Connection terminated unexpectedly');
                    });
              client.query = lossy as unknown as typeof client.query;
              return client;
            },
    });
    await assert.rejects(storeChunk(impatient, season, 1, anna, 0, rows(1)), (error) => isTransient(error));
    assert.equal(await store(0), 'already');
    assert.equal(await count('sigs'), 10);
  });
});

describe('a plan', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let season: CheckedSelection;
  before(async () => {
    database = await createDatabase();
    season = await makeSeason(database.pool);
    await claimScene(database.pool, season, 1, anna, { campaign: 'spring', bands: ['B04'] });
  });
  after(() => database.drop());

  it('is fixed by the first writer; later and simultaneous ones get that one', async () => {
    const others = Array.from({ length: 5 }, (_, i) => [{ chunk: 0, firstPid: 1, lastPid: 10 + i }]);
    const plans = await Promise.all(
      others.map((chunks) => storePlan(database.pool, season, 1, anna, chunks, SOME_ORIGIN)),
    );
    const stored = await readPlan(database.pool, season, 1);
    for (const plan of plans) assert.deepEqual(plan, stored);
    assert.equal(stored.length, 1);
  });
});

describe('the end of a scene', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let season: CheckedSelection;
  before(async () => {
    database = await createDatabase();
    season = await makeSeason(database.pool);
  });
  after(() => database.drop());
  const campaign = { campaign: 'spring', bands: ['B04'] };
  const statusOf = async (obsid: number) => (await getScene(database.pool, season, obsid)).status;

  it('is extracted only when every planned chunk is stored, with accounts summed from the chunks', async () => {
    await claimScene(database.pool, season, 1, anna, campaign);
    await assert.rejects(markExtracted(database.pool, season, 1, anna), /no plan yet/);
    await storePlan(database.pool, season, 1, anna, CHUNKS, SOME_ORIGIN);
    await storeChunk(database.pool, season, 1, anna, 1, rows(21));
    await assert.rejects(markExtracted(database.pool, season, 1, anna), /1 of 2 chunks are not stored/);
    assert.equal(await statusOf(1), 'inprogress');

    // Taken over by another run, which finds the stored chunk and does the rest.
    await releaseScene(database.pool, season, 1, anna);
    assert.deepEqual(await claimScene(database.pool, season, 1, bert, { ...campaign, bands: ['B08'] }), {
      claimed: true,
      resumed: true,
      bands: ['B04'],
    });
    await storeChunk(database.pool, season, 1, bert, 0, rows(1));
    const accounts = { parcels: 24, rows: 20, hists: 20, gaps: { B04: { 'no-data': 4 } } };
    // Ten rows stood there, of the chunk that the first run had stored.
    assert.deepEqual(await markExtracted(database.pool, season, 1, bert), { ...accounts, fresh: 10 });
    assert.equal(await statusOf(1), 'extracted');
    const again = await markExtracted(database.pool, season, 1, bert);
    assert.deepEqual(again, { ...accounts, fresh: 10 }, 'a retry gets the same');
    const progress = await readProgress(database.pool, season, 1);
    assert.deepEqual(progress, { planned: 2, stored: 2, fresh: 10, freshClear: 0, accounts });
  });

  it('can be a word that says why not, of at most 24 letters', async () => {
    await claimScene(database.pool, season, 2, anna, campaign);
    await assert.rejects(
      markScene(database.pool, season, 2, anna, 'a word of twenty-five let', ''),
      /at most 24/,
    );
    await markScene(database.pool, season, 2, anna, 'B08 notfound', 'no object B08_10m.jp2');
    await markScene(database.pool, season, 2, anna, 'B08 notfound', 'no object B08_10m.jp2');
    assert.equal(await statusOf(2), 'B08 notfound');
    await assert.rejects(storeChunk(database.pool, season, 2, anna, 0, rows(1)), { name: 'ClaimLost' });
  });

  it('is told with its reason, and a scene that ended without rows can be opened again', async () => {
    const [extraction] = await extractionsOf(database.pool, season.catalogue, 2);
    assert.deepEqual(
      [extraction?.status, extraction?.reason, extraction?.owner],
      ['B08 notfound', 'no object B08_10m.jp2', anna],
    );
    assert.deepEqual(await extractionsOf(database.pool, season.catalogue, 3), []);
    assert.equal(await retryScene(database.pool, season.catalogue, 2), true);
    assert.equal(await statusOf(2), 'ingested');
    assert.equal(await retryScene(database.pool, season.catalogue, 2), false);
    assert.equal(await retryScene(database.pool, season.catalogue, 1), false, 'it is extracted');
  });
});
