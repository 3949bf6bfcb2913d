import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { skipWithoutServer } from '../../database/database.js';
import { serveSeason, type ServedSeason } from '../served-season.js';
import { type Asking, askingOf } from './asking.js';

/**
 * Of parcel 7: scene 1 has a row of B04 and none of B08; 2 none of either; 3 was extracted without it; 5 is replaced by 3; 7 says
 * extracted, and nobody here had it. Chunk 1 of scene 1 has other parcels.
 */
const STORED = `
  INSERT INTO parcelwise.extraction (results_table, obsid, catalogue_table, card, bands, campaign, status, owner_workflow, owner_run)
  SELECT 'public.sigs', obsid, 'public.dias_catalogue', 's2', '{B04,B08}', 'c', 'extracted', 'w', 'r' FROM unnest('{1,2,3,5}'::int[]) AS obsid;
  INSERT INTO parcelwise.plan (results_table, obsid, chunk, first_pid, last_pid)
    VALUES ('public.sigs', 1, 0, 1, 20), ('public.sigs', 1, 1, 21, 40), ('public.sigs', 2, 0, 1, 40);
  INSERT INTO parcelwise.ledger (results_table, obsid, chunk, parcels, rows, hists, clear)
    SELECT results_table, obsid, chunk, 20, 0, 0, 0 FROM parcelwise.plan;
  INSERT INTO parcelwise.gap (results_table, obsid, chunk, band, reason, pids) VALUES
    ('public.sigs', 1, 0, 'B08', 'no-pixel', '{6,7}'), ('public.sigs', 1, 0, 'B04', 'no-data', '{6,8}'), ('public.sigs', 1, 1, 'B08', 'no-data', '{7}'),
    ('public.sigs', 2, 0, 'B04', 'cloudy', '{7}'), ('public.sigs', 2, 0, 'B04:clear', 'cloudy', '{7}'), ('public.sigs', 2, 0, 'B08', 'no-data', '{7}');
  INSERT INTO parcelwise.supersession (results_table, obsid, by_obsid) VALUES ('public.sigs', 5, 3);
  INSERT INTO sigs (pid, obsid, band) VALUES (7, 1, 'B04');
  UPDATE dias_catalogue SET status = 'B08 notfound' WHERE id = 4`;

interface Told {
  readonly scene: number;
  readonly outcome: string;
  readonly bands: readonly string[];
  readonly gaps: readonly { readonly layer: string; readonly reason: string }[];
  readonly why: string | null;
}

describe('gaps of our own API', { skip: skipWithoutServer }, () => {
  let season: ServedSeason;
  let ask: Asking;
  before(async () => {
    season = await serveSeason();
    await season.database.pool.query(STORED);
    ask = askingOf(season);
  });
  after(() => season.end());

  const page = (query: Record<string, string>, parcel = 'P7') =>
    ask.answer<{ scenes: readonly Told[]; next: string | null }>(
      'getGaps',
      ask.get(`parcels/${parcel}/gaps`, query),
    );

  it('tell of every scene over the parcel, in the order of time', async () => {
    const { scenes } = await page({});
    assert.deepEqual(
      scenes.map(({ scene, outcome }) => [scene, outcome]),
      [
        [1, 'rows'],
        [2, 'gap'],
        [7, 'none'],
        [3, 'none'],
        [5, 'none'],
      ],
    );
  });

  it('say why each band has no row', async () => {
    const [first, second] = (await page({})).scenes;
    assert.deepEqual(first!.bands, ['B04']);
    assert.deepEqual(
      first!.gaps.map(({ layer, reason }) => [layer, reason]),
      [['B08', 'no-pixel']],
    );
    assert.equal(first!.why, null);
    assert.deepEqual(
      second!.gaps.map(({ layer, reason }) => [layer, reason]),
      [
        ['B04', 'cloudy'],
        ['B04:clear', 'cloudy'],
        ['B08', 'no-data'],
      ],
    );
    assert.equal(
      second!.why,
      'None of its pixels is clear of clouds; its pixels have no data: beyond the swath, or masked.',
    );
  });

  it('say why a scene has none at all', async () => {
    const why = new Map((await page({})).scenes.map((one) => [one.scene, one.why]));
    assert.match(why.get(3) ?? '', /extracted without this parcel/);
    assert.match(why.get(5) ?? '', /Scene 3, a newer product/);
    assert.match(why.get(7) ?? '', /by another program or into another table/);
    const [radar] = (await page({ card: 'bs' })).scenes;
    assert.equal(radar!.why, 'An object of one of its bands is missing in the store.');
    const other = new Map((await page({}, 'P8')).scenes.map((one) => [one.scene, one.why]));
    assert.equal(other.get(1), 'Its pixels have no data: beyond the swath, or masked.');
  });

  it('are those of a period, page by page', async () => {
    assert.deepEqual(
      (await page({ from: '2024-03-03', to: '2024-03-30' })).scenes.map(({ scene }) => scene),
      [7, 3],
    );
    const first = await page({ limit: '2' });
    assert.equal(first.scenes.length, 2);
    const second: { scenes: readonly Told[] } = await ask.answer('getGaps', ask.get(first.next!));
    assert.deepEqual(
      second.scenes.map(({ scene }) => scene),
      [7, 3],
    );
    await ask.problem(404, ask.get('parcels/P99/gaps'));
  });

  it("say what is missing where the server may not read parcelwise's own tables", async () => {
    await season.database.pool.query('ALTER SCHEMA parcelwise RENAME TO away');
    const told = await ask.problem(503, ask.get('parcels/P7/gaps'));
    assert.match(told.remedy ?? '', /parcelwise init/);
    await season.database.pool.query('ALTER SCHEMA away RENAME TO parcelwise');
  });
});
