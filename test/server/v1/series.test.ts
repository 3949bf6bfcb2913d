import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { tableFromIPC } from 'apache-arrow';
import { VIEWED_CARDS } from '../../../campaigns/viewed-cards.js';
import { makeResultsViews } from '../../../database/results/results-views.js';
import { skipWithoutServer } from '../../database/database.js';
import { SELECTION } from '../../database/season.js';
import { ENTRY, serveSeason, type ServedSeason } from '../served-season.js';
import { type Asking, askingOf } from './asking.js';

/**
 * Parcel 7 in scenes 1 and 2, a microsecond apart on one day, of which 2 shows more of it; in 3, which 5 has taken the place of;
 * in radar scene 4; and clear rows of 1 and 3.
 */
const ROWS = `
  INSERT INTO sigs (pid, obsid, band, count, mean, std, min, max, p25, p50, p75)
  SELECT 7, obsid, band, count, obsid + count / 1000.0, 0.1, 1, 9, 2, 3, 'NaN' FROM (VALUES
    (1, 'B8', 40), (1, 'B04', 40), (2, 'B04', 50), (3, 'B04', 60), (3, 'SC', 15), (3, 'NDV', 60), (4, 'VVb', 70), (5, 'B04', 55)
  ) AS row (obsid, band, count);
  INSERT INTO hists VALUES (7, 3, '{"4": 10, "9": 5}');
  CREATE TABLE clear (LIKE sigs);
  INSERT INTO clear (pid, obsid, band, count, mean) VALUES (7, 1, 'B04', 30, 0.25), (7, 2, 'B04', 20, 0.5), (7, 3, 'B04', 1, 1);
  INSERT INTO parcelwise.extraction (results_table, obsid, catalogue_table, card, bands, campaign, status, owner_workflow, owner_run)
  SELECT 'public.sigs', obsid, 'public.dias_catalogue', 's2', '{B04}', 'c', 'extracted', 'w', 'r' FROM unnest('{3,5}'::int[]) AS obsid;
  INSERT INTO parcelwise.supersession (results_table, obsid, by_obsid) VALUES ('public.sigs', 3, 5);
  CREATE INDEX ON sigs (pid)`;

interface Series {
  readonly which: string;
  readonly columns: Readonly<Record<string, readonly unknown[]>>;
}

describe('series of our own API', { skip: skipWithoutServer }, () => {
  let season: ServedSeason;
  let ask: Asking;
  before(async () => {
    season = await serveSeason();
    await season.database.pool.query(ROWS);
    await makeResultsViews(season.database.pool, { ...SELECTION.tables, clear: 'clear' }, VIEWED_CARDS);
    const app = await season.serve({}, [{ ...ENTRY, tables: { ...ENTRY.tables, clear: 'clear' } }]);
    ask = askingOf({ ...season, app });
  });
  after(() => season.end());

  const get = (query: Record<string, string>, parcel = 'P7') => ask.get(`parcels/${parcel}/series`, query);
  const series = (query: Record<string, string>, parcel?: string) =>
    ask.answer<Series>('getSeries', get(query, parcel));
  const scenes = async (query: Record<string, string>): Promise<readonly unknown[]> =>
    (await series({ bands: 'B04', ...query })).columns.scene!;

  it('are the rows of the table, as it has them, in the order of time and band', async () => {
    const { columns } = await series({ which: 'all' });
    const { rows } = await season.database.pool.query<Record<string, unknown>>(
      `SELECT to_char(obstime, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time, obsid AS scene, rtrim(band) AS band, count, mean, std, min, max,
              p25, p50, NULL AS p75
       FROM sigs JOIN dias_catalogue c ON c.id = obsid WHERE pid = 7 AND card = 's2' ORDER BY obstime, rtrim(band) COLLATE "C"`,
    );
    const wanted = Object.keys(rows[0]!).map((name) => [name, rows.map((row) => row[name])] as const);
    assert.deepEqual(Object.entries(columns).sort(), [...wanted].sort());
    assert.equal(columns.time![0], '2024-03-02T10:56:19.123456Z');
  });

  it('are of the best scene of a day where nothing else is asked for, without replaced ones', async () => {
    const { which, columns } = await series({ bands: 'B04' });
    assert.equal(which, 'best');
    assert.deepEqual(columns.scene, [2, 5]);
    assert.deepEqual(await scenes({ which: 'current' }), [1, 2, 5]);
    assert.deepEqual(await scenes({ which: 'all' }), [1, 2, 3, 5]);
  });

  it('may be of clear pixels', async () => {
    assert.deepEqual(await scenes({ kind: 'clear', which: 'all' }), [1, 2, 3]);
    assert.deepEqual(await scenes({ kind: 'clear', which: 'current' }), [1, 2]);
    const { columns } = await series({ kind: 'clear' });
    assert.deepEqual(columns.mean, [0.5]);
    assert.deepEqual(columns.std, [null]);
  });

  it('are of the days that are asked for, both of which belong to them', async () => {
    assert.deepEqual(await scenes({ which: 'all', from: '2024-03-30', to: '2024-03-30' }), [3]);
    assert.deepEqual(await scenes({ which: 'all', to: '2024-03-29' }), [1, 2]);
    assert.deepEqual(await scenes({ which: 'best', from: '2024-03-03' }), [5]);
    await ask.problem(400, get({ from: '2024-02-30' }));
  });

  it('know bands and indices by all their names', async () => {
    const bands = async (names: string) => (await series({ bands: names, which: 'all' })).columns.band;
    assert.deepEqual(await bands('B08'), ['B8']);
    assert.deepEqual(await bands('b8,ndvi'), ['B8', 'NDV']);
    assert.deepEqual(await bands('SCL'), ['SC']);
    assert.deepEqual(await bands("B04' OR '1'='1"), []);
    assert.deepEqual((await series({ card: 'bs', bands: 'VV' })).columns.band, ['VVb']);
  });

  it('stand side by side in the wide layout', async () => {
    const { columns } = await series({ layout: 'wide', which: 'all', bands: 'B04,B08,NDVI' });
    assert.deepEqual(Object.keys(columns), ['time', 'scene', 'B04', 'B08', 'NDVI']);
    assert.deepEqual(columns.scene, [1, 2, 3, 5]);
    assert.deepEqual(columns.B08, [1.04, null, null, null]);
    assert.deepEqual(columns.NDVI, [null, null, 3.06, null]);
    const several = await series({ layout: 'wide', bands: 'B04', statistics: 'count,mean' });
    assert.deepEqual(several.columns.B04_count, [50, 55]);
    assert.deepEqual(several.columns.B04_mean, [2.05, 5.055]);
    assert.deepEqual(Object.keys((await series({ layout: 'wide', which: 'all' })).columns), [
      ...['time', 'scene', 'B04', 'B8', 'NDV', 'SC'],
    ]);
  });

  it('come as CSV', async () => {
    const answer = await ask.get('parcels/P7/series', {
      bands: 'B04',
      format: 'csv',
      statistics: 'mean,p75',
    });
    assert.equal(answer.headers['content-type'], 'text/csv');
    assert.equal(
      answer.body,
      'parcel,time,scene,cloud,band,mean,p75\r\n' +
        'P7,2024-03-02T10:56:19.123457Z,2,,B04,2.05,\r\nP7,2024-05-02T10:56:19.000000Z,5,,B04,5.055,\r\n',
    );
    assert.equal((await get({ format: 'csv', to: '2020-01-01' })).body.split('\r\n').length, 2);
  });

  it('come as Arrow, with times and numbers as such', async () => {
    const { columns } = await series({ which: 'all' });
    const answer = await season.app.inject({
      ...{ url: '/api/v1/datasets/ms_2024/parcels/P7/series?which=all' },
      headers: { accept: 'text/html, application/vnd.apache.arrow.stream;q=0.9, application/json;q=0.5' },
    });
    assert.equal(answer.headers['content-type'], 'application/vnd.apache.arrow.stream');
    const table = tableFromIPC(answer.rawPayload);
    assert.deepEqual(
      table.schema.fields.slice(0, 6).map(({ name, type }) => `${name} ${String(type)}`),
      [
        'parcel Utf8',
        'time Timestamp<MICROSECOND, UTC>',
        'scene Int32',
        'band Utf8',
        'count Float64',
        'mean Float64',
      ],
    );
    for (const name of ['scene', 'band', 'count', 'mean', 'p75'])
      assert.deepEqual([...table.getChild(name)!], columns[name]);
    assert.deepEqual([...new Set(table.getChild('parcel'))], ['P7']);
    const time = table.getChild('time')!.data[0]!.values as BigInt64Array;
    assert.equal(time[0], 1709376979123456n);
    const empty = tableFromIPC((await get({ format: 'arrow', to: '2020-01-01' })).rawPayload);
    assert.equal(empty.numRows, 0);
    assert.equal(empty.schema.fields.length, 13);
  });

  it('are empty lists of a parcel without rows, and not there of one that nobody knows', async () => {
    const { columns } = await series({}, 'P8');
    assert.ok(Object.values(columns).every((values) => values.length === 0));
    await ask.problem(404, get({}, 'P99'));
    assert.match((await ask.problem(404, get({ card: 'zz' }))).remedy ?? '', /s2, bs/);
    await ask.problem(422, get({ statistics: 'p05' }));
    await ask.problem(400, get({ statistics: 'mean; DROP TABLE sigs' }));
    await ask.problem(400, get({ layout: 'tall' }));
    const answer = await season.app.inject({
      ...{ url: '/api/v1/datasets/ms_2024/parcels/P7/series', headers: { accept: 'image/png' } },
    });
    assert.equal(answer.statusCode, 406);
  });

  it('are sent once as long as they are the same', async () => {
    const first = await get({});
    const again = await season.app.inject({
      ...{
        url: '/api/v1/datasets/ms_2024/parcels/P7/series',
        headers: { 'if-none-match': String(first.headers.etag) },
      },
    });
    assert.equal(again.statusCode, 304);
    assert.equal(again.body, '');
  });

  it('of the best say what is missing where nobody made the views', async () => {
    await season.database.pool.query('ALTER SCHEMA parcelwise RENAME TO away');
    const app = await season.serve();
    const without = askingOf({ ...season, app });
    assert.match(
      (await without.problem(404, without.get('parcels/P7/series', { which: 'best' }))).remedy ?? '',
      /which=current/,
    );
    assert.equal(
      (await without.answer<Series>('getSeries', without.get('parcels/P7/series'))).which,
      'current',
    );
    await season.database.pool.query('ALTER SCHEMA away RENAME TO parcelwise');
  });
});
