import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { audit } from '../../../database/audit/index.js';
import { checkSelection, type CheckedSelection } from '../../../database/selection/check.js';
import { claimScene } from '../../../database/ledger/claim.js';
import { extractionsOf } from '../../../database/ledger/extractions.js';
import { markExtracted, markScene } from '../../../database/ledger/mark.js';
import { retryScene } from '../../../database/scenes/reset-scene.js';
import { query } from '../../../database/session/session.js';
import {
  supersedingScene,
  markSuperseded,
  newerScene,
  reviveSuperseded,
  SUPERSEDED,
} from '../../../database/ledger/supersession.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';
import { BANDS, beginScene, CLASS_BAND, extractScene, ownerOf } from '../extracted.js';
import { makeSeason, SELECTION } from '../season.js';

/** A product of one datatake and tile, by its baseline and the time it was made. */
function product(baseline: string, made = 'T140000', day = '20240302'): string {
  return `S2A_MSIL2A_20240302T105619_N${baseline}_R051_T31UES_${day}${made}.SAFE`;
}
const RADAR = 'S1A_IW_GRDH_1SDV_20240304T172431_20240304T172456_052833_0664D9_';

/** Parts of the season's ground, of which the whole is 10 km wide. */
const PARTS = { whole: [0, 10_000], west: [0, 6_000], east: [6_000, 10_000] } as const;
type Part = keyof typeof PARTS;

describe('superseding', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let season: CheckedSelection;
  before(async () => {
    database = await createDatabase();
    season = await makeSeason(database.pool);
  });
  beforeEach(async () => {
    await database.pool.query(`
      DELETE FROM parcelwise.extraction; DELETE FROM parcelwise.product; TRUNCATE sigs, hists;
      UPDATE dias_catalogue SET status = 'ingested', reference = 'SCENE_' || id, card = 's2' WHERE id < 5`);
  });
  after(() => database.drop());

  /** Calls scene `obsid` by a product's name, over a part of the ground. */
  const name = async (obsid: number, reference: string, part: Part = 'whole', card = 's2'): Promise<void> => {
    const [west, east] = PARTS[part];
    await database.pool.query(
      `UPDATE dias_catalogue SET reference = $2, card = $5,
         footprint = ST_Transform(ST_MakeEnvelope(500000 + $3::int, 5640000, 500000 + $4::int, 5650000, 32631), 4326) WHERE id = $1`,
      [obsid, reference, west, east, card],
    );
  };
  const extract = (obsid: number, selection = season) => extractScene(database.pool, selection, obsid);
  const marks = async (): Promise<[number, number][]> =>
    (
      await query<{ obsid: number; by: number }>(
        database.pool,
        'SELECT obsid, by_obsid AS by FROM parcelwise.supersession ORDER BY obsid',
      )
    ).map(({ obsid, by }) => [obsid, by]);
  const statusOf = async (obsid: number): Promise<string> =>
    (
      await query<{ status: string }>(database.pool, 'SELECT status FROM dias_catalogue WHERE id = $1', [
        obsid,
      ])
    )[0]!.status;
  const newer = async (obsid: number) => (await supersedingScene(database.pool, season, obsid))?.obsid;

  /** What a workflow does with a scene that should not be extracted. */
  async function leave(obsid: number, selection = season): Promise<void> {
    const owner = ownerOf(selection, obsid);
    await claimScene(database.pool, selection, obsid, owner, { campaign: 'spring', bands: BANDS });
    await markScene(database.pool, selection, obsid, owner, SUPERSEDED, 'scene 2 is newer');
  }
  async function fail(obsid: number): Promise<void> {
    const owner = ownerOf(season, obsid);
    await claimScene(database.pool, season, obsid, owner, { campaign: 'spring', bands: BANDS });
    await markScene(database.pool, season, obsid, owner, 'S2_nopath', 'nothing there');
  }

  it('marks rows of an older baseline once the newer one is extracted, and leaves them where they are', async () => {
    await name(1, product('0400'));
    await extract(1);
    await name(2, product('0510'));
    assert.deepEqual(await marks(), []);
    await extract(2);
    assert.deepEqual(await marks(), [[1, 2]]);
    const rows = await query(
      database.pool,
      'SELECT obsid, count(*)::int AS rows FROM sigs GROUP BY 1 ORDER BY 1',
    );
    assert.deepEqual(rows, [
      { obsid: 1, rows: 114 },
      { obsid: 2, rows: 114 },
    ]);
    const [extraction] = await extractionsOf(database.pool, season.catalogue, 1);
    assert.deepEqual(extraction?.supersededBy, { obsid: 2, reference: product('0510') });
  });

  it('marks them too where the older one is extracted last, because somebody wants it', async () => {
    await name(1, product('0400'));
    await name(2, product('0510'));
    await extract(2);
    await extract(1);
    assert.deepEqual(await marks(), [[1, 2]]);
  });

  it('follows to the newest of three', async () => {
    await name(1, product('0214'));
    await name(2, product('0400'));
    await name(3, product('0510'));
    for (const obsid of [1, 2]) await extract(obsid);
    assert.deepEqual(await marks(), [[1, 2]]);
    await extract(3);
    assert.deepEqual(await marks(), [
      [1, 3],
      [2, 3],
    ]);
  });

  it('takes the one processed later for the newer, whatever the digits of its baseline', async () => {
    await name(1, product('0210', 'T140000', '20240302'));
    await name(2, product('0001', 'T090000', '20240303'));
    assert.deepEqual([await newer(1), await newer(2)], [2, undefined]);
    assert.equal((await newerScene(database.pool, season, 1))?.baseline, '00.01');
    for (const obsid of [2, 1]) await extract(obsid);
    assert.deepEqual(await marks(), [[1, 2]]);
    await name(2, product('0001', 'T235959', '20240302'));
    assert.deepEqual([await newer(2)], [undefined], 'rows of it are stored');
    assert.equal(await markSuperseded(database.pool, season), 1, 'of one day the baseline decides');
    assert.deepEqual(await marks(), [[2, 1]]);
  });

  it('keeps products of one baseline, on whatever days they were processed', async () => {
    await name(1, product('0510', 'T140000', '20240302'));
    await name(2, product('0510', 'T140000', '20240309'));
    for (const obsid of [1, 2]) await extract(obsid);
    assert.deepEqual([await newer(1), await marks()], [undefined, []]);
  });

  it('compares names as they stand, and takes none for a pattern', async () => {
    const odd = ['SCENE_\\', 'SCENE_%', 'SCENE__', '%'];
    for (const [i, reference] of odd.entries()) await name(i + 1, reference);
    await database.pool.query(`
      INSERT INTO parcelwise.product (catalogue_table, obsid, reference, source, item, generated_at)
      SELECT 'public.dias_catalogue', id, reference, 'x', 'x', '2024-03-05'::date + id FROM dias_catalogue WHERE id < 5`);
    for (const obsid of [1, 2, 3, 4]) assert.equal(await newer(obsid), undefined, odd[obsid - 1]);
    for (const obsid of [1, 2, 3, 4]) await extract(obsid);
    assert.equal(await markSuperseded(database.pool, season), 0);
    assert.deepEqual(await marks(), []);
    // What is a placeholder in the common part of names is none in a name.
    await name(1, `${RADAR}3A51_CARD_BS`, 'whole', 'bs');
    await name(2, `${RADAR.replace('S1A_IW', 'S1A%IW')}9F00_CARD_BS`, 'whole', 'bs');
    assert.equal(await newer(1), undefined);
  });

  it('leaves an older scene alone where the newer one is extracted, in work, or to come', async () => {
    await name(1, product('0400'));
    await name(2, product('0510'));
    assert.deepEqual([await newer(1), await newer(2)], [2, undefined]);
    assert.deepEqual(await newerScene(database.pool, season, 1), {
      obsid: 2,
      reference: product('0510'),
      baseline: '05.10',
    });
    await beginScene(database.pool, season, 2, 1);
    assert.equal(await newer(1), 2);
    await markScene(database.pool, season, 2, ownerOf(season, 2), 'bad_raster', 'damaged');
    assert.equal(await newer(1), undefined, 'it can not be extracted');
  });

  it('goes on with an older scene of which chunks are stored', async () => {
    await name(1, product('0400'));
    await beginScene(database.pool, season, 1, 1);
    await name(2, product('0510'));
    assert.equal(await newer(1), undefined);
  });

  it('extracts an older scene that somebody asks for', async () => {
    await name(1, product('0400'));
    await name(2, product('0510'));
    await leave(1);
    assert.equal(await statusOf(1), SUPERSEDED);
    assert.equal(await retryScene(database.pool, season.catalogue, 1), true);
    assert.deepEqual([await statusOf(1), await newer(1)], ['ingested', undefined]);
    await extract(2);
    await extract(1);
    assert.deepEqual(await marks(), [[1, 2]]);
  });

  it('keeps both parts of a split datastrip', async () => {
    await name(1, product('0510', 'T140000'), 'west');
    await name(2, product('0510', 'T140001'), 'east');
    assert.deepEqual([await newer(1), await newer(2)], [undefined, undefined]);
    for (const obsid of [1, 2]) await extract(obsid);
    assert.deepEqual(await marks(), []);
  });

  it('waits for all parts of the newer product before the older one is superseded', async () => {
    await name(1, product('0400'));
    await name(2, product('0510', 'T140000'), 'west');
    assert.equal(await newer(1), undefined, 'the east would be lost');
    for (const obsid of [1, 2]) await extract(obsid);
    assert.deepEqual(await marks(), []);
    await name(3, product('0510', 'T140001'), 'east');
    await extract(3);
    assert.deepEqual(
      (await marks()).map(([obsid]) => obsid),
      [1],
    );
  });

  it('supersedes the part that is made again, not the other', async () => {
    await name(1, product('0400', 'T140000'), 'west');
    await name(2, product('0400', 'T140001'), 'east');
    await name(3, product('0510'), 'west');
    for (const obsid of [1, 2, 3]) await extract(obsid);
    assert.deepEqual(await marks(), [[1, 3]]);
  });

  it('keeps other tiles, datatakes and satellites apart', async () => {
    await name(1, product('0400'));
    await name(2, product('0510').replace('T31UES', 'T31UFS'));
    await name(3, product('0510').replace('20240302T105619', '20240302T105620'));
    await name(4, product('0510').replace('S2A', 'S2B'));
    assert.equal(await newer(1), undefined);
    for (const obsid of [1, 2, 3, 4]) await extract(obsid);
    assert.deepEqual(await marks(), []);
  });

  it('knows products of Sentinel-1 by their names, and the newer of two by its time of production', async () => {
    const radar = await checkSelection(database.pool, { ...SELECTION, card: 'bs' });
    await name(1, `${RADAR}3A51_CARD_BS`, 'whole', 'bs');
    await name(2, `${RADAR}9F00_CARD_BS`, 'whole', 'bs');
    assert.equal(await newerScene(database.pool, radar, 1), undefined, 'nothing says which is newer');
    await database.pool.query(`
      INSERT INTO parcelwise.product (catalogue_table, obsid, reference, source, item, generated_at)
      SELECT 'public.dias_catalogue', id, reference, 'x', 'x', '2024-03-05'::date - id FROM dias_catalogue WHERE id < 3`);
    assert.deepEqual(await newerScene(database.pool, radar, 2), {
      obsid: 1,
      reference: `${RADAR}3A51_CARD_BS`,
      baseline: null,
    });
    for (const obsid of [1, 2]) await extract(obsid, radar);
    assert.deepEqual(await marks(), [[2, 1]]);
  });

  for (const statusIn of ['catalogue', 'parcelwise'] as const)
    it(`takes an older scene up again when the newer one can not be extracted (words in ${statusIn})`, async () => {
      const selection = await checkSelection(database.pool, { ...SELECTION, statusIn });
      await name(1, product('0400'));
      await name(2, product('0510'));
      await leave(1, selection);
      assert.equal(await reviveSuperseded(database.pool, selection), 0, 'the newer one is still to come');
      if (statusIn === 'catalogue') await fail(2);
      else await database.pool.query(`UPDATE dias_catalogue SET reference = 'WITHDRAWN' WHERE id = 2`);
      assert.equal(await reviveSuperseded(database.pool, selection), 1);
      assert.equal(await reviveSuperseded(database.pool, selection), 0);
      const [extraction] = await extractionsOf(database.pool, season.catalogue, 1);
      assert.deepEqual([extraction?.status, extraction?.reason], ['ingested', null]);
      assert.equal(await statusOf(1), 'ingested');
      assert.equal(await supersedingScene(database.pool, selection, 1), undefined);
    });

  it('sees two scenes of one acquisition that end at the same moment', async () => {
    await name(1, product('0400'));
    await name(2, product('0510'));
    for (let round = 0; round < 10; round++) {
      await database.pool.query(`
        DELETE FROM parcelwise.extraction; TRUNCATE sigs, hists; UPDATE dias_catalogue SET status = 'ingested' WHERE id < 3`);
      for (const obsid of [1, 2]) await beginScene(database.pool, season, obsid);
      await Promise.all(
        [1, 2].map((obsid) => markExtracted(database.pool, season, obsid, ownerOf(season, obsid))),
      );
      assert.deepEqual(await marks(), [[1, 2]]);
    }
  });

  it('marks what was extracted before it was known, once', async () => {
    await extract(1);
    await extract(2);
    await name(1, product('0400'));
    await name(2, product('0510'));
    assert.equal(await markSuperseded(database.pool, season), 1);
    assert.equal(await markSuperseded(database.pool, season), 0);
    assert.deepEqual(await marks(), [[1, 2]]);
  });

  it('is a reason to the audit', async () => {
    await name(1, product('0400'));
    await name(2, product('0510'));
    await name(3, product('0214'));
    await extract(1);
    await extract(2);
    await leave(3);
    const { findings, notes } = await audit(database.pool, {}, { each: 20 });
    assert.deepEqual(findings, []);
    assert.match(notes.join(), /1 scenes are superseded by newer ones/);
  });

  it('does not mind names that say nothing', async () => {
    assert.equal(await newer(1), undefined);
    await claimScene(database.pool, season, 1, ownerOf(season, 1), {
      campaign: 'spring',
      bands: BANDS,
      classBand: CLASS_BAND,
    });
    assert.equal(await newer(1), undefined);
  });
});
