import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { skipWithoutServer } from '../../database/database.js';
import { serveSeason, type ServedSeason } from '../served-season.js';
import { type Asking, askingOf } from './asking.js';

const EXTRACTIONS = `
  INSERT INTO parcelwise.extraction (results_table, obsid, catalogue_table, card, bands, campaign, status, reason, owner_workflow, owner_run, accounts)
  VALUES ('public.sigs', 7, 'public.dias_catalogue', 's2', '{B04}', 'c', 'extracted', NULL, 'w', 'r',
          '{"parcels": 5, "rows": 3, "hists": 0, "gaps": {"B04": {"no-data": 2}}}'),
         ('public.others', 7, 'public.dias_catalogue', 's2', '{B04}', 'c', 'extracted', NULL, 'w', 'r', NULL)`;

interface Scene {
  readonly scene: number;
  readonly [name: string]: unknown;
}
interface Page {
  readonly scenes: readonly Scene[];
  readonly next: string | null;
}

describe('scenes of our own API', { skip: skipWithoutServer }, () => {
  let season: ServedSeason;
  let ask: Asking;
  before(async () => {
    season = await serveSeason();
    await season.database.pool.query(EXTRACTIONS);
    ask = askingOf(season);
  });
  after(() => season.end());

  const list = async (query: Record<string, string>) =>
    (await ask.answer<Page>('listScenes', ask.get('scenes', query))).scenes.map(({ scene }) => scene);

  it('are listed in the order of time', async () => {
    assert.deepEqual(await list({}), [6, 1, 2, 4, 7, 3, 5]);
    assert.deepEqual(await list({ from: '2024-03-02', to: '2024-03-02', card: 's2' }), [6, 1, 2]);
    assert.deepEqual(await list({ from: '2024-03-03', to: '2024-03-30' }), [7, 3]);
    assert.deepEqual(await list({ status: 'extracted' }), [7]);
    assert.deepEqual(await list({ card: 'zz' }), []);
  });

  it('come page by page, each once, whatever is entered meanwhile', async () => {
    const seen: number[] = [];
    let next: string | null = '/api/v1/datasets/ms_2024/scenes?limit=2';
    for (let page = 0; next !== null; page++) {
      const answer: Page = await ask.answer<Page>('listScenes', ask.get(next));
      seen.push(...answer.scenes.map(({ scene }) => scene));
      next = answer.next;
      if (page === 0)
        await season.database.pool.query(
          `INSERT INTO dias_catalogue (id, obstime, reference, sensor, card) VALUES
             (20, '2024-03-01', 'BEFORE', '2A', 's2'), (21, '2024-06-01', 'AFTER', '2A', 's2')`,
        );
    }
    assert.deepEqual(seen, [6, 1, 2, 4, 7, 3, 5, 21]);
    await season.database.pool.query('DELETE FROM dias_catalogue WHERE id IN (20, 21)');
  });

  it('are told with where they lie and what came of them, in the tables of the dataset', async () => {
    const { footprint, extractions, ...scene } = await ask.answer<Scene>('getScene', ask.get('scenes/7'));
    assert.deepEqual(scene, {
      ...{ scene: 7, time: '2024-03-03T10:56:19.000000Z', reference: 'SCENE_7', sensor: '2A', card: 's2' },
      ...{ status: 'extracted', meaning: 'extracted' },
    });
    assert.equal((footprint as { type: string }).type, 'Polygon');
    assert.deepEqual(
      (extractions as Record<string, unknown>[]).map(({ results, parcels, rows, gaps }) => ({
        results,
        parcels,
        rows,
        gaps,
      })),
      [{ results: 'public.sigs', parcels: 5, rows: 3, gaps: { B04: { 'no-data': 2 } } }],
    );
    assert.equal((await ask.answer<Scene>('getScene', ask.get('scenes/1'))).meaning, 'still to be extracted');
  });

  it('that are not there are told so', async () => {
    for (const scene of ['99', '1e3', '99999999999', '7%20OR%20true', '-1'])
      await ask.problem(404, ask.get(`scenes/${scene}`));
    await ask.problem(
      400,
      ask.get('scenes', { cursor: Buffer.from('["now()", "1"]').toString('base64url') }),
    );
  });
});
