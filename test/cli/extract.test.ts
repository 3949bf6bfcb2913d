/** One scene by the command, without Temporal: it lives the same life as the workflow's. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { skipWithoutServer } from '../database/database.js';
import { makeTestSeason, type TestSeason } from '../end-to-end/season.js';
import { parcelwise, type Run } from './command.js';

describe('parcelwise extract', { skip: skipWithoutServer }, () => {
  let season: TestSeason;
  let files: string[];
  let ends: Map<number, string>;
  before(async () => {
    season = await makeTestSeason([{ card: 's2', name: 'by_hand' }], { harmed: true });
    ({ files } = await season.config('s2', 'by_hand'));
    ends = await season.ends('s2');
  });
  after(() => season.close());

  const extract = (obsid: number, ...args: string[]): Promise<Run> =>
    parcelwise(
      [
        ...['extract', String(obsid), '--card', 's2', ...files],
        ...['--scratch', join(season.folder, 'scratch'), ...args],
      ],
      { cwd: season.folder },
    );
  const scenesThatEnd = (word: string): number[] =>
    [...ends].filter(([, end]) => end === word).map(([obsid]) => obsid);
  const query = async <Row>(text: string, ...values: unknown[]): Promise<Row[]> =>
    (await season.database.pool.query(text, values)).rows as Row[];
  const status = async (obsid: number): Promise<string> =>
    (await query<{ status: string }>('SELECT status FROM ms.dias_catalogue WHERE id = $1', obsid))[0]!.status;

  it('stores every row of a scene chunk by chunk, tells each step, and takes it but once', async () => {
    const [obsid] = scenesThatEnd('extracted');
    const { code, out, err } = await extract(obsid!, '--chunk-parcels', '700');
    assert.deepEqual([code, await status(obsid!)], [0, 'extracted'], err);
    assert.match(
      out,
      /staged [0-9.]+ MB\n.* planned \d+ parcels in (\d+) chunks, \1 to do\n[^]*stored \1 of \1 chunks\n/,
    );
    const { rows, hists } = await season.expected('s2');
    const ours = [...rows.keys()].filter((key) => key.startsWith(`${obsid} `)).length;
    const oursToo = [...hists.keys()].filter((key) => key.startsWith(`${obsid} `)).length;
    assert.match(out, new RegExp(`extracted: \\d+ parcels, ${ours} rows, ${oursToo} histograms`));
    assert.deepEqual(
      await query('SELECT count(*)::int AS rows FROM ms.sigs_by_hand WHERE obsid = $1', obsid),
      [{ rows: ours }],
    );

    const again = await extract(obsid!);
    assert.deepEqual([again.code, again.out], [2, '']);
    assert.match(again.err, /scene \d+ is skipped, not ours to take: extracted/);
  });

  it('fetches a scene once more whose raster can not be read, and ends it in the workflow’s word', async () => {
    const [obsid] = scenesThatEnd('bad_raster');
    const { code, out, err } = await extract(obsid!);
    assert.equal(code, 1);
    assert.match(err, /bad_raster: .*B04_10m\.jp2/);
    assert.match(out, /staged again after \S+: .*B04_10m\.jp2/);
    assert.equal(await status(obsid!), 'bad_raster');
  });

  it('ends a scene that lacks an object in the word that says which', async () => {
    const [obsid] = scenesThatEnd('B08 notfound');
    const { code, err } = await extract(obsid!);
    assert.deepEqual([code, await status(obsid!)], [1, 'B08 notfound'], err);
    assert.match(err, /B08 notfound: /);
  });

  it('gives the scene back where the database refuses its rows, and can take it again', async () => {
    const [, obsid] = scenesThatEnd('extracted');
    await query(`ALTER TABLE ms.sigs_by_hand ADD CONSTRAINT no_more CHECK (obsid <> ${obsid})`);
    const { code, err } = await extract(obsid!, '--chunk-parcels', '700');
    assert.equal(code, 2);
    assert.match(err, /refuses a row by its check \(no_more\)/);
    assert.equal(await status(obsid!), 'ingested');
    await query('ALTER TABLE ms.sigs_by_hand DROP CONSTRAINT no_more');
    assert.equal((await extract(obsid!)).code, 0);
    assert.equal(await status(obsid!), 'extracted');
  });
});
