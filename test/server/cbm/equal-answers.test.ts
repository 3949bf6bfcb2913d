/** The series of a thousand parcels, and what CbM's own statements say of the same tables. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { skipWithoutServer } from '../../database/database.js';
import { fillCbmSeason } from '../cbm-season.js';
import { serveSeason, type ServedSeason } from '../served-season.js';

const PARCELS = 1000;
/** Questions under way together. */
const TOGETHER = 4;

type Row = Readonly<Record<string, unknown>>;
type Columns = Record<string, unknown[]>;

/** CbM's statement, without the scene that is superseded, and with scenes of one time in a certain order. */
const SERIES = (results: string, bands: string, withHistogram: boolean) => `
  SELECT p.id AS parcel, extract(epoch FROM d.obstime)::float8 AS date_part, trim(s.band::text) AS band,
         s.count, s.mean, s.std, s.min, s.p25, s.p50, s.p75, s.max${withHistogram ? ', h.hist' : ''}, d.reference
  FROM parcels p, ${results} s, dias_catalogue d${withHistogram ? ', hists h' : ''}
  WHERE p.ogc_fid = s.pid AND s.obsid = d.id AND s.obsid <> 200 AND s.band IN (${bands})
    ${withHistogram ? 'AND h.pid = s.pid AND h.obsid = s.obsid' : ''}
  ORDER BY d.obstime, s.band, s.obsid`;

describe('series of a thousand parcels', { skip: skipWithoutServer }, () => {
  let season: ServedSeason;
  let app: FastifyInstance;
  before(async () => {
    season = await serveSeason({ parcels: PARCELS });
    app = await season.serve({}, await fillCbmSeason(season.database.pool));
  });
  after(() => season.end());

  async function expected(statement: string): Promise<ReadonlyMap<string, Columns>> {
    const answers = new Map<string, Columns>();
    for (const { parcel, ...row } of (await season.database.pool.query<Row>(statement)).rows) {
      const columns =
        answers.get(String(parcel)) ?? Object.fromEntries(Object.keys(row).map((key) => [key, []]));
      for (const [key, value] of Object.entries(row)) columns[key]!.push(value);
      answers.set(String(parcel), columns);
    }
    return answers;
  }
  async function compare(query: Readonly<Record<string, string>>, statement: string): Promise<void> {
    const answers = [...(await expected(statement))];
    assert.equal(answers.length, PARCELS);
    const ask = async (): Promise<void> => {
      for (let next = answers.pop(); next !== undefined; next = answers.pop()) {
        const [pid, columns] = next;
        const answer = await app.inject({
          url: `/query/parcelTimeSeries`,
          query: { aoi: 'ms', year: '2024', pid, ...query },
        });
        assert.deepEqual(answer.json(), columns, pid);
      }
    };
    await Promise.all(Array.from({ length: TOGETHER }, ask));
  }

  it('are those of plain statements: optical, with histograms', () =>
    compare({ ref: 'True' }, SERIES('sigs', `'B02', 'B03', 'B04', 'B08', 'SC'`, true)));

  it('are those of plain statements: radar, of bands that are texts', () =>
    compare({ tstype: 'bs', year: '2023', ref: '1' }, SERIES('sigs_raw', `'VVb', 'VHb'`, false)));
});
