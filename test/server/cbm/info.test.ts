import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { skipWithoutServer } from '../../database/database.js';
import { ENTRY, serveSeason, type ServedSeason } from '../served-season.js';

interface Page {
  readonly server: { readonly host: string };
  readonly aois: Readonly<
    Record<string, { readonly years: string[]; readonly request_examples?: Readonly<Record<string, string>> }>
  >;
}

describe("CbM's page of information", { skip: skipWithoutServer }, () => {
  let season: ServedSeason;
  before(async () => {
    season = await serveSeason();
  });
  after(() => season.end());

  it('lists areas with their years, kinds of series and ids, and examples that can be asked', async () => {
    const page = (await season.app.inject('/query/info')).json<Page>();
    const { request_examples: examples, ...area } = page.aois.ms!;
    assert.deepEqual(area, {
      ...{ years: ['2024'], datasets: [], time_series: ['s2', 'bs'], tms: [], id_table_column: 'id' },
      id_examples_2024: ['P1', 'P2', 'P3', 'P4', 'P5'],
    });
    assert.deepEqual(Object.keys(examples!), [
      ...['parcelByID', 'parcelTimeSeries_s2', 'parcelTimeSeries_bs', 'weatherTimeSeries', 'parcelPeers'],
    ]);
    for (const url of Object.values(examples!)) {
      assert.ok(url.startsWith(page.server.host), url);
      assert.equal((await season.app.inject(url.slice(page.server.host.length))).statusCode, 200, url);
    }
  });

  it('says which numbers the rows hold, and warns of raw ones', async () => {
    const of = async (facts: string): Promise<unknown> => {
      await season.database.pool.query(
        `INSERT INTO parcelwise.extraction
           (results_table, obsid, catalogue_table, card, bands, campaign, status, owner_workflow, owner_run, facts)
         VALUES ('public.sigs', 1, 'public.dias_catalogue', 's2', '{B04}', 'x', 'extracted', 'x', 'x', $1)
         ON CONFLICT (results_table, obsid) DO UPDATE SET facts = excluded.facts`,
        [facts],
      );
      return (await season.app.inject('/query/info')).json<Page>().aois.ms;
    };
    const { radiometry_s2: raw, advice } = (await of('{}')) as Record<string, string>;
    assert.equal(raw, 'raw');
    assert.match(advice!, /harmonised/);
    const harmonised = (await of('{"radiometry": "harmonised"}')) as Record<string, string>;
    assert.deepEqual([harmonised.radiometry_s2, harmonised.advice], ['harmonised', undefined]);
  });

  it('tells of one area where it is asked for, by its last dataset that can be read', async () => {
    const broken = { ...ENTRY, tables: { ...ENTRY.tables, parcels: 'nosuch' } };
    const app = await season.serve({}, [ENTRY, { ...broken, year: 2025 }, { ...broken, aoi: 'be-wa' }]);
    const aois = async (url: string) => (await app.inject(url)).json<Page>().aois;
    const { ms, ...others } = await aois('/query/info');
    assert.deepEqual(others, {}, 'an area without any is left out');
    assert.deepEqual(ms?.years, ['2024', '2025']);
    assert.ok('id_examples_2024' in ms);
    assert.deepEqual(Object.keys(await aois('/query/info?aoi=MS')), ['ms']);
    assert.deepEqual(await aois('/query/info?aoi=zz'), {});
  });
});
