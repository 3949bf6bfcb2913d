/** Parcels that a campaign skipped for clouds, and what a later one adds of them: each chunk is as it was, or whole. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { audit } from '../../../database/audit/index.js';
import { type Gap, storeChunk } from '../../../database/ledger/chunk-store.js';
import { claimScene } from '../../../database/ledger/claim.js';
import { lackingChunks } from '../../../database/ledger/lacking.js';
import { markExtracted, markScene } from '../../../database/ledger/mark.js';
import { releaseScene } from '../../../database/ledger/release.js';
import { keepParcelSet } from '../../../database/parcels/parcel-sets.js';
import { parcelSetFingerprint } from '../../../database/parcels/fingerprint.js';
import { CopyBody, packSignatures } from '../../../database/results/copy-rows.js';
import { countLacking, heldLayers } from '../../../database/scenes/lacking-scenes.js';
import type { CheckedSelection } from '../../../database/selection/check.js';
import { query } from '../../../database/session/session.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';
import { BANDS, beginScene, CLASS_BAND, CLEAR_RULE, extractScene, ownerOf } from '../extracted.js';
import { makeSeason, SELECTION } from '../season.js';

/** Parcel 6 of the first chunk and 26 of the second have no clear pixel; of 3 and 23 none is read for clouds either. */
const CLOUDED = [
  [3, 6],
  [23, 26],
] as const;
const BOTH = ['B04', 'B08'];
const LAYERS = ['B04', 'B04:clear', 'B08', 'B08:clear'];

describe('parcels skipped for clouds', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let season: CheckedSelection;
  beforeEach(async () => {
    database = await createDatabase();
    season = await makeSeason(database.pool, { tables: { ...SELECTION.tables, clear: 'clear_sigs' } });
    await keepParcelSet(database.pool, season, await parcelSetFingerprint(database.pool, season));
    await beginScene(database.pool, season, 1);
    await skip();
    await markExtracted(database.pool, season, 1, ownerOf(season, 1));
  });
  afterEach(() => database.drop());

  const run = (sql: string) => database.pool.query(sql);
  const findings = async () =>
    (await audit(database.pool, {}, { each: 50 })).findings.flatMap(({ first }) =>
      first.map(({ text }) => text),
    );
  const waiting = (skipped: readonly string[], since?: string) =>
    countLacking(database.pool, season, { bands: BANDS, clearBands: BOTH, skipped, since });
  const owner = (runId: string) => ownerOf(season, 1, runId);
  const claim = (runId: string, fields: object = { add: true, withSkipped: true }) =>
    claimScene(database.pool, season, 1, owner(runId), {
      ...{ campaign: 'campaign/later', bands: BANDS, classBand: CLASS_BAND, clearBands: BOTH },
      ...{ rule: CLEAR_RULE, ...fields },
    });
  const wanted = () => lackingChunks(database.pool, season, 1, BANDS);
  const gapsOf = (obsid: number) =>
    query(
      database.pool,
      `SELECT chunk, band, reason, pids FROM parcelwise.gap WHERE obsid = ${obsid} ORDER BY 1, 2, 3`,
    );
  const linesOf = (obsid: number) =>
    query(
      database.pool,
      `SELECT chunk, layer, y.rows, l.rows AS all, l.clear, l.hists FROM parcelwise.stored_layer y
       JOIN parcelwise.ledger l USING (results_table, obsid, chunk) WHERE obsid = ${obsid} ORDER BY 1, 2`,
    );
  const rowsOf = (obsid: number) =>
    query(database.pool, `SELECT pid, band FROM sigs WHERE obsid = ${obsid} ORDER BY 1, 2`);

  /** As a campaign leaves it that skipped them: rows of the map of classes, and of nothing else. */
  async function skip(): Promise<void> {
    for (const [chunk, pids] of CLOUDED.entries()) {
      const key = `obsid = 1 AND chunk = ${chunk}`;
      const list = pids.join(',');
      await run(`
        DELETE FROM sigs WHERE pid IN (${list}) AND band IN ('B04', 'B08');
        DELETE FROM clear_sigs WHERE pid IN (${list});
        DELETE FROM parcelwise.gap WHERE ${key} AND reason = 'cloudy';
        INSERT INTO parcelwise.gap SELECT 'public.sigs', 1, ${chunk}, band, 'cloudy', '{${list}}'
        FROM unnest('{${LAYERS.join(',')}}'::text[]) AS band;
        UPDATE parcelwise.stored_layer SET rows = rows - 2 WHERE ${key} AND layer IN ('B04', 'B08');
        UPDATE parcelwise.stored_layer SET rows = rows - 1 WHERE ${key} AND layer IN ('B04:clear', 'B08:clear');
        UPDATE parcelwise.ledger SET rows = rows - 4, clear = clear - 2 WHERE ${key}`);
    }
  }

  /** What measuring the skipped parcels of a chunk gives: 6 and 26 have rows and no clear pixel, 3 and 23 no data. */
  async function store(runId: string, chunk: number, cloudyToo = true): Promise<'stored' | 'already'> {
    const lacking = (await wanted()).get(chunk);
    const [empty, clouded] = CLOUDED[chunk]!;
    const body = new CopyBody();
    for (const band of BOTH)
      packSignatures(body, {
        obsid: 1,
        band,
        pids: Int32Array.of(clouded),
        statistics: new Float64Array(8).fill(7),
      });
    const gaps: Gap[] = LAYERS.flatMap((band) => [
      { band, reason: 'no-data' as const, pids: [empty] },
      ...(band.endsWith(':clear') && cloudyToo ? [{ band, reason: 'cloudy' as const, pids: [clouded] }] : []),
    ]);
    return storeChunk(database.pool, season, 1, owner(runId), chunk, {
      ...{ signatures: body.finish(), clear: new CopyBody().finish() },
      accounts: { parcels: 2, rows: body.rows, hists: 0, clear: 0 },
      ...{
        gaps,
        pids: [empty, clouded],
        layers: [],
        skipped: lacking?.skipped ?? [{ layers: LAYERS, pids: [empty, clouded] }],
      },
    });
  }

  it('make their scene one that lacks something for who asks for them, in an asked band, and for nobody else', async () => {
    assert.deepEqual(await findings(), []);
    assert.equal(await waiting(BOTH), 1);
    assert.equal(await waiting(['SC', 'B08']), 1);
    assert.equal(await waiting(['SC']), 0, 'all of them have a row of the map of classes');
    assert.equal(await waiting([]), 0);
    const { layers, skipped } = await heldLayers(database.pool, season, 1, BANDS);
    assert.deepEqual([...layers].sort(), [...LAYERS, 'SC'].sort());
    assert.deepEqual([...skipped].sort(), [
      ['B04', 4],
      ['B08', 4],
    ]);
    assert.deepEqual(await lackingChunks(database.pool, season, 1), new Map());
    assert.deepEqual(
      await wanted(),
      new Map(
        CLOUDED.map((pids, chunk) => [
          chunk,
          {
            pids: Array.from({ length: 20 }, (_, i) => 20 * chunk + i + 1),
            ...{ layers: [], skipped: [{ layers: LAYERS, pids }] },
          },
        ]),
      ),
    );
  });

  it('are left alone by a claim that does not ask for them', async () => {
    const added = await claim('run-b', { add: true });
    assert.deepEqual(added, { claimed: true, resumed: true, bands: [] });
    await markExtracted(database.pool, season, 1, owner('run-b'));
    const plain = await claim('run-c', { renew: true });
    assert.ok(plain.claimed);
    assert.deepEqual(plain.bands, BANDS);
  });

  it('have in the end what a campaign gives that skips none, though it is cut short between two chunks', async () => {
    const claimed = await claim('run-b');
    assert.ok(claimed.claimed);
    assert.deepEqual([claimed.bands, claimed.clearBands], [BOTH, BOTH]);
    assert.equal(await store('run-b', 0), 'stored');
    assert.deepEqual(await findings(), [], 'in the middle');
    assert.equal(await store('run-b', 0), 'already');
    await releaseScene(database.pool, season, 1, owner('run-b'));
    assert.deepEqual(await findings(), [], 'given back');
    assert.equal(await waiting(BOTH), 1);
    assert.deepEqual([...(await wanted()).keys()], [1]);

    await claim('run-c');
    await assert.rejects(store('run-b', 1), /is not claimed by/);
    assert.equal(await store('run-c', 1), 'stored');
    const { fresh, freshClear, gaps } = await markExtracted(database.pool, season, 1, owner('run-c'));
    assert.deepEqual([fresh, freshClear], [2, undefined], 'only what was added now');
    assert.deepEqual(gaps.B04, { 'no-data': 4 });
    assert.deepEqual(await findings(), []);
    assert.equal(await waiting(BOTH), 0);

    // Parcels 4 and 24 have no data in any case; of the other scene 3 and 23 have some.
    await extractScene(database.pool, season, 2);
    await run(`
      DELETE FROM sigs WHERE obsid = 2 AND pid IN (3, 23) AND band IN ('B04', 'B08');
      DELETE FROM clear_sigs WHERE obsid = 2 AND pid IN (3, 23)`);
    const reasons = (await gapsOf(2)) as { band: string; reason: string; pids: number[]; chunk: number }[];
    for (const gap of reasons)
      if (gap.reason === 'no-data' && gap.band !== 'SC') gap.pids = [gap.chunk * 20 + 3, ...gap.pids];
    assert.deepEqual(await gapsOf(1), reasons);
    assert.deepEqual(await rowsOf(1), await rowsOf(2));
    const lines = (await linesOf(2)) as { layer: string; rows: number; all: number; clear: number }[];
    for (const line of lines) {
      line.all -= 2;
      line.clear -= 2;
      if (line.layer !== 'SC') line.rows -= 1;
    }
    assert.deepEqual(await linesOf(1), lines);
  });

  it('stay as they are where a plain campaign goes on with a scene that was given back on the way', async () => {
    await claim('run-b');
    await store('run-b', 0);
    await releaseScene(database.pool, season, 1, owner('run-b'));
    await claim('run-c', {});
    await markExtracted(database.pool, season, 1, owner('run-c'));
    assert.deepEqual(await findings(), []);
    assert.equal(await waiting(BOTH), 1);
  });

  it('are stored by nobody who has measured others than those that are left', async () => {
    await claim('run-b');
    await run(
      `UPDATE parcelwise.gap SET pids = '{6}' WHERE chunk = 0 AND band = 'B04' AND reason = 'cloudy'`,
    );
    const [before] = await query(database.pool, 'SELECT count(*)::int FROM sigs');
    const skipped = [{ layers: LAYERS, pids: CLOUDED[0] }];
    await assert.rejects(
      storeChunk(database.pool, season, 1, owner('run-b'), 0, {
        ...{ signatures: new CopyBody().finish(), accounts: { parcels: 2, rows: 0, hists: 0 } },
        ...{ gaps: [], pids: CLOUDED[0], layers: [], skipped },
      }),
      /chunk 0/,
    );
    assert.deepEqual(await query(database.pool, 'SELECT count(*)::int FROM sigs'), [before]);
  });

  it('each need a row or a reason in each of their layers', async () => {
    await claim('run-b');
    await assert.rejects(store('run-b', 0, false), /0 clear rows were stored, parcels and gaps make 2/);
    assert.deepEqual(await findings(), []);
  });

  it('that cannot be had are tried once a campaign, and the scene is extracted as it was', async () => {
    const [{ now } = { now: '' }] = await query<{ now: string }>(database.pool, 'SELECT now()::text AS now');
    await claim('run-b');
    await store('run-b', 0);
    await markScene(database.pool, season, 1, owner('run-b'), 'B08 notfound', 'there is no B08');
    const [extraction] = await query(
      database.pool,
      `SELECT status, reason, facts FROM parcelwise.extraction`,
    );
    assert.deepEqual(extraction, {
      status: 'extracted',
      reason: 'not all was added (B08 notfound): there is no B08',
      facts: { notAdded: BOTH },
    });
    assert.equal(await waiting(BOTH, now), 0);
    const [{ now: later } = { now: '' }] = await query<{ now: string }>(
      database.pool,
      'SELECT now()::text AS now',
    );
    assert.equal(await waiting(BOTH, later), 1);
    assert.deepEqual(await findings(), []);
    await claim('run-c');
    await store('run-c', 1);
    await markExtracted(database.pool, season, 1, owner('run-c'));
    assert.deepEqual(await query(database.pool, 'SELECT facts FROM parcelwise.extraction'), [{ facts: {} }]);
  });
});
