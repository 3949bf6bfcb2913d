import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { skipWithoutServer } from '../../database/database.js';
import { ENTRY, serveSeason, type ServedSeason } from '../served-season.js';
import { type Asking, askingOf } from './asking.js';

interface Feature {
  readonly id: string;
  readonly geometry: { readonly type: string; readonly coordinates: readonly (readonly number[][])[] } | null;
  readonly properties: Readonly<Record<string, unknown>>;
}
interface Page {
  readonly features: readonly Feature[];
  readonly next: string | null;
}

describe('parcels of our own API', { skip: skipWithoutServer }, () => {
  let season: ServedSeason;
  let ask: Asking;
  before(async () => {
    season = await serveSeason();
    ask = askingOf(season);
  });
  after(() => season.end());

  const list = (query: Record<string, string>) => ask.answer<Page>('listParcels', ask.get('parcels', query));
  const idsOf = ({ features }: Page): string[] => features.map(({ id }) => id);
  const sql = async (condition: string, values: unknown[]): Promise<string[]> => {
    const { rows } = await season.database.pool.query<{ id: string }>(
      `SELECT id FROM parcels WHERE ${condition} ORDER BY ogc_fid`,
      values,
    );
    return rows.map(({ id }) => id);
  };

  it('are features with what the table says of them', async () => {
    const parcel = await ask.answer<Feature>('getParcel', ask.get('parcels/P1'));
    const { rows } = await season.database.pool.query<{
      area: number;
      lon: number;
      lat: number;
      shape: string;
    }>(
      `SELECT ST_Area(ST_Transform(wkb_geometry, 3035)) AS area, ST_X(c) AS lon, ST_Y(c) AS lat,
              ST_AsGeoJSON(ST_Transform(wkb_geometry, 4326), 7) AS shape
       FROM parcels, ST_Transform(ST_Centroid(wkb_geometry), 4326) AS c WHERE id = 'P1'`,
    );
    const { area, lon, lat, shape } = rows[0]!;
    assert.deepEqual(parcel, {
      ...{ type: 'Feature', id: 'P1', geometry: JSON.parse(shape) as unknown },
      properties: { pid: 1, cropName: 'wheat', cropCode: 101, areaM2: area, centroid: [lon, lat] },
    });
  });

  it('that are not there are told so', async () => {
    await ask.problem(404, ask.get('parcels/P99'));
    await ask.problem(404, ask.get(`parcels/${encodeURIComponent("P1' OR '1'='1")}`));
    const { remedy } = await ask.problem(404, ask.get('/api/v1/datasets/other_2024/parcels/P1'));
    assert.match(remedy ?? '', /\/api\/v1\/datasets/);
    await ask.problem(404, ask.get('parcels', { ptype: 'nosuch' }));
    const byNumber = await season.serve({}, [{ ...ENTRY, tables: { ...ENTRY.tables, parcelId: 'ogc_fid' } }]);
    const odd = askingOf({ ...season, app: byNumber });
    await odd.problem(404, odd.get('parcels/P1'));
    assert.equal((await odd.answer<Feature>('getParcel', odd.get('parcels/1'))).id, '1');
  });

  it('are found by ids, in a box, at a point and under a polygon', async () => {
    assert.deepEqual(idsOf(await list({ ids: 'P3,P99,P1' })), ['P1', 'P3']);
    const { properties } = await ask.answer<Feature>('getParcel', ask.get('parcels/P22'));
    const [lon, lat] = properties.centroid as [number, number];
    assert.deepEqual(idsOf(await list({ lon: String(lon), lat: String(lat) })), ['P22']);
    const box = [lon - 0.006, lat - 0.006, lon + 0.006, lat + 0.006];
    const inBox = await sql(
      `ST_Intersects(ST_Transform(wkb_geometry, 4326), ST_MakeEnvelope($1, $2, $3, $4, 4326))`,
      box,
    );
    assert.ok(inBox.length > 1 && inBox.length < 40);
    assert.deepEqual(idsOf(await list({ bbox: box.join(',') })), inBox);
    const [w, s, e, n] = box as [number, number, number, number];
    const triangle = {
      type: 'Polygon',
      coordinates: [
        [
          [w, s],
          [e, s],
          [e, n],
          [w, s],
        ],
      ],
    };
    const inTriangle = await sql(
      `ST_Intersects(ST_Transform(wkb_geometry, 4326), ST_SetSRID(ST_GeomFromGeoJSON($1), 4326))`,
      [JSON.stringify(triangle)],
    );
    assert.ok(inTriangle.length > 0 && inTriangle.length < inBox.length);
    const found = await ask.answer<Page>('searchParcels', ask.post('parcels/search', triangle));
    assert.deepEqual(idsOf(found), inTriangle);
  });

  it('come page by page, each once, whatever is entered or removed meanwhile', async () => {
    const seen: string[] = [];
    let next: string | null = '/api/v1/datasets/ms_2024/parcels?limit=7&geometry=false';
    for (let page = 0; next !== null; page++) {
      const answer: Page = await ask.answer<Page>('listParcels', ask.get(next));
      assert.ok(answer.features.every(({ geometry }) => geometry === null));
      seen.push(...idsOf(answer));
      next = answer.next;
      if (page === 1)
        await season.database.pool.query(
          `INSERT INTO parcels (ogc_fid, wkb_geometry, id) SELECT n, wkb_geometry, 'N' || n FROM parcels, unnest('{-5,60}'::int[]) AS n WHERE ogc_fid = 1;
           DELETE FROM parcels WHERE ogc_fid IN (2, 30)`,
        );
    }
    const all = Array.from({ length: 40 }, (_, i) => `P${i + 1}`);
    assert.deepEqual(seen, [...all.filter((id) => id !== 'P30'), 'N60']);
    await season.database.pool.query(`DELETE FROM parcels WHERE id IN ('N-5', 'N60')`);
  });

  it('are refused where the question is none, saying what is wrong', async () => {
    const faults = async (query: Record<string, string>) =>
      (await ask.problem(400, ask.get('parcels', query))).faults?.map(({ name }) => name);
    assert.deepEqual(await faults({ limit: '0' }), ['limit']);
    assert.deepEqual(await faults({ limit: '1001' }), ['limit']);
    assert.deepEqual(await faults({ bbox: '3,51,2,52' }), ['bbox']);
    assert.deepEqual(await faults({ bbox: '3,51,4' }), ['bbox']);
    assert.deepEqual(await faults({ bbox: '3,51,4,' }), ['bbox.3']);
    assert.deepEqual(await faults({ lon: '181', lat: '51' }), ['lon']);
    assert.deepEqual(await faults({ nosuch: '1' }), ['nosuch']);
    assert.equal(await faults({ lon: '3' }), undefined);
    assert.equal(await faults({ lon: '3', lat: '51', ids: 'P1' }), undefined);
    for (const cursor of ['x', Buffer.from('["1; DROP TABLE parcels"]').toString('base64url'), 'W10'])
      await ask.problem(400, ask.get('parcels', { cursor }));
    await ask.problem(400, ask.get('parcels', { ids: 'P1\0' }));
    assert.deepEqual((await list({ limit: '' })).next, null);
  });

  it('are refused where the polygon is none', async () => {
    const square = [
      [3, 50],
      [3.1, 50],
      [3.1, 50.1],
      [3, 50.1],
      [3, 50],
    ];
    const refused = (body: unknown, status = 400) => ask.problem(status, ask.post('parcels/search', body));
    await refused({ type: 'Point', coordinates: [3, 50] });
    await refused({ type: 'Polygon', coordinates: [square.slice(0, 4)] });
    await refused({
      type: 'Polygon',
      coordinates: [
        [
          [3, 91],
          [4, 91],
          [4, 92],
          [3, 91],
        ],
      ],
    });
    await refused({ type: 'Polygon', coordinates: [Array.from({ length: 10_001 }, () => [3, 50])] });
    await refused({ type: 'Polygon', coordinates: [] });
    await refused([]);
    const crossing = [
      [3, 50],
      [3.2, 50.2],
      [3.2, 50],
      [3, 50.2],
      [3, 50],
    ];
    await ask.answer(
      'searchParcels',
      ask.post('parcels/search', { type: 'Polygon', coordinates: [crossing] }),
    );
    const broken = await season.app.inject({
      ...{ method: 'POST', url: '/api/v1/datasets/ms_2024/parcels/search', payload: '{"type":' },
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(broken.statusCode, 400);
    assert.match(String(broken.headers['content-type']), /^application\/problem\+json/);
    const large = { type: 'Polygon', coordinates: [square], padding: 'x'.repeat(1024 * 1024) };
    await refused(large, 413);
  });
});
