import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { skipWithoutServer } from '../database/database.js';
import { temporaryFolder } from '../temporary-folder.js';
import { ExportedSeason } from './exported-season.js';
import { readFooter, readParquet } from './read-parquet.js';

/** What the table says of its parcels, computed apart from the export. */
const EXPECTED = `
  SELECT ogc_fid AS pid, ST_AsBinary(ST_Transform(wkb_geometry, 4326), 'NDR') AS geometry,
         ST_Area(ST_Transform(wkb_geometry, 4326)::geography)::float4 AS area,
         ST_Perimeter(ST_Transform(wkb_geometry, 4326)::geography)::float4 AS perimeter,
         ST_XMin(g) AS xmin, ST_YMin(g) AS ymin, ST_XMax(g) AS xmax, ST_YMax(g) AS ymax,
         crop, code, share::float8 AS share, sown::text AS sown, id AS id_of_table
  FROM parcels, ST_Transform(wkb_geometry, 4326) AS g ORDER BY ogc_fid`;

interface Box {
  readonly xmin: number;
  readonly ymin: number;
  readonly xmax: number;
  readonly ymax: number;
}

describe('parcels of an export', { skip: skipWithoutServer }, () => {
  const root = temporaryFolder('export-parcels');
  let season: ExportedSeason;
  before(async () => {
    season = await ExportedSeason.make(root);
    // A field of 20 x 20 parcels, with what tables of agencies have, and one without an outline.
    await season.query(`
      INSERT INTO parcels (wkb_geometry)
      SELECT ST_Transform(ST_MakeEnvelope(x, y, x + 100, y + 100, 32631), 31370)
      FROM (SELECT 500200 + 400 * (i % 20) AS x, 5640200 + 400 * (i / 20) AS y FROM generate_series(40, 399) AS i) AS corner`);
    await season.query(`
      ALTER TABLE parcels ADD COLUMN id text, ADD COLUMN crop varchar(40), ADD COLUMN code smallint, ADD COLUMN share numeric(4, 2),
                          ADD COLUMN sown date`);
    await season.query(`
      UPDATE parcels SET id = 'P' || ogc_fid, crop = CASE ogc_fid % 3 WHEN 0 THEN 'wheat, "soft"' WHEN 1 THEN 'été' END,
                         code = ogc_fid % 7, share = 0.25 * (ogc_fid % 4), sown = DATE '2023-10-01' + ogc_fid`);
  });
  after(() => season.database.drop());

  const parcelsIn = (folder: string) => readParquet(season.pathOf(folder, 'parcels.parquet'));

  it('are the rows of the table, in degrees, under the names of fiboa', async () => {
    const { written } = await season.run('all', { what: ['parcels'] });
    assert.deepEqual([written.files, written.rows], [1, 400]);
    assert.deepEqual(await season.filesIn('all'), ['parcels.parquet']);
    const rows = await parcelsIn('all');
    for (const { id, pid, collection } of rows)
      assert.deepEqual([id, collection], [String(pid), 'public.parcels']);
    const told = rows
      .map(
        ({
          pid,
          geometry,
          bbox,
          'metrics:area': area,
          'metrics:perimeter': perimeter,
          crop,
          code,
          share,
          sown,
          id_of_table,
        }) => ({
          ...{ pid, geometry: Buffer.from(geometry as Uint8Array), area, perimeter, ...(bbox as Box) },
          ...{ crop, code, share, sown: (sown as Date).toISOString().slice(0, 10), id_of_table },
        }),
      )
      .sort((a, b) => Number(a.pid) - Number(b.pid));
    const expected = (await season.query(EXPECTED)).map((row) => ({
      ...row,
      ...{ area: Math.fround(Number(row.area)), perimeter: Math.fround(Number(row.perimeter)) },
    }));
    assert.deepEqual(told, expected);
    assert.deepEqual(Object.keys(rows[0]!).slice(0, 7), [
      ...['id', 'pid', 'collection', 'geometry', 'bbox', 'metrics:area', 'metrics:perimeter'],
    ]);
  });

  it('tell where their geometry is as GeoParquet 1.1 does, with the boxes that readers leave rows out by', async () => {
    const footer = await readFooter(season.pathOf('all', 'parcels.parquet'));
    const notes = new Map(footer.key_value_metadata?.map(({ key, value }) => [key, value]));
    const [extent] = await season.query(`
      SELECT ST_XMin(e) AS xmin, ST_YMin(e) AS ymin, ST_XMax(e) AS xmax, ST_YMax(e) AS ymax
      FROM (SELECT ST_Extent(ST_Transform(wkb_geometry, 4326)) AS e FROM parcels) AS all_of_them`);
    const sides = ['xmin', 'ymin', 'xmax', 'ymax'];
    const { bbox, ...geometry } = (
      JSON.parse(notes.get('geo') ?? '') as { columns: { geometry: { bbox: number[] } } }
    ).columns.geometry;
    assert.deepEqual(geometry, {
      ...{ encoding: 'WKB', geometry_types: ['Polygon'], edges: 'planar' },
      covering: { bbox: Object.fromEntries(sides.map((side) => [side, ['bbox', side]])) },
    });
    // PostGIS rounds an extent outwards, to single precision.
    for (const [i, side] of sides.entries())
      assert.ok(Math.abs(bbox[i]! - Number(extent![side])) < 1e-5, side);
    assert.deepEqual(JSON.parse(notes.get('collection') ?? ''), {
      schemas: {
        'public.parcels': [
          'https://vecorel.org/specification/v0.1.0/schema.yaml',
          'https://fiboa.org/specification/v0.3.0/schema.yaml',
        ],
      },
    });
    for (const { meta_data: chunk } of footer.row_groups.flatMap(({ columns }) => columns)) {
      if (chunk?.path_in_schema[0] !== 'bbox') continue;
      assert.equal(typeof chunk.statistics?.min_value, 'number', chunk.path_in_schema.join('.'));
    }
  });

  it('stand along a curve, so that neighbours are near each other in the file', async () => {
    /** Of boxes around so many parcels in a row, the sum of their areas. */
    const spread = (rows: readonly Record<string, unknown>[]): number => {
      let sum = 0;
      for (let from = 0; from < rows.length; from += 20) {
        const boxes = rows.slice(from, from + 20).map(({ bbox }) => bbox as Box);
        const width = Math.max(...boxes.map(({ xmax }) => xmax)) - Math.min(...boxes.map(({ xmin }) => xmin));
        const height =
          Math.max(...boxes.map(({ ymax }) => ymax)) - Math.min(...boxes.map(({ ymin }) => ymin));
        sum += width + height;
      }
      return sum;
    };
    const rows = await parcelsIn('all');
    const byId = rows.toSorted((a, b) => Number(a.pid) - Number(b.pid));
    assert.ok(spread(rows) < 0.7 * spread(byId), `${spread(rows)} and ${spread(byId)}`);
  });

  it('are kept as long as nothing of them changes, and written anew then', async () => {
    const [before] = (await season.manifestOf('all')).files;
    assert.equal((await season.run('all', { what: ['parcels'] })).kept, 1);
    assert.deepEqual((await season.manifestOf('all')).files, [before]);
    await season.query(`UPDATE parcels SET crop = 'maize' WHERE ogc_fid = 7`);
    const { written, kept, removed } = await season.run('all', { what: ['parcels'] });
    assert.deepEqual([written.files, kept, removed], [1, 0, 0]);
    assert.equal((await parcelsIn('all')).find(({ pid }) => pid === 7)?.crop, 'maize');
    const [after] = (await season.manifestOf('all')).files;
    assert.notEqual(after?.sha256, before?.sha256);
  });

  it('keep those without an outline, and say of them nothing of shape', async () => {
    await season.query('UPDATE parcels SET wkb_geometry = NULL WHERE ogc_fid = 9');
    try {
      await season.run('hollow', { what: ['parcels'] });
      const hollow = (await parcelsIn('hollow')).find(({ pid }) => pid === 9);
      assert.deepEqual(
        [hollow?.geometry, hollow?.bbox ?? null, hollow?.['metrics:area'], hollow?.id_of_table],
        [null, null, null, 'P9'],
      );
    } finally {
      await season.query(
        'UPDATE parcels p SET wkb_geometry = ST_Translate(q.wkb_geometry, 400, 0) FROM parcels q WHERE p.ogc_fid = 9 AND q.ogc_fid = 8',
      );
    }
  });

  it('of an area are those that it meets, as are their series', async () => {
    // Around parcels 1, 2, 21 and 22: the edge of the area runs through the last two.
    const [area] = await season.query(`
      SELECT ST_AsGeoJSON(ST_Transform(ST_MakeEnvelope(500150, 5640150, 500750, 5640650, 32631), 4326), 15) AS geojson`);
    const within = { geojson: String(area!.geojson) };
    await season.run('area', { what: ['series', 'parcels'], area: within });
    const pids = (rows: readonly Record<string, unknown>[]) =>
      [...new Set(rows.map(({ pid }) => Number(pid)))].sort((a, b) => a - b);
    assert.deepEqual(pids(await parcelsIn('area')), [1, 2, 21, 22]);
    const [, series] = await season.filesIn('area');
    assert.deepEqual(pids(await readParquet(season.pathOf('area', series!))), [1, 2, 21, 22]);
    await season.run('named', { what: ['parcels'], area: { name: 'here', field: 'name' } });
    assert.equal((await parcelsIn('named')).length, 400);
    await assert.rejects(
      season.run('nowhere', { what: ['parcels'], area: { name: 'nowhere', field: 'name' } }),
      /there is no area nowhere in public\.aois/,
    );
    await assert.rejects(
      season.run('area', { what: ['series', 'parcels'] }),
      /holds another export \(parcels public\.parcels, not none\)/,
    );
  });

  it('are text with well-known text in CSV', async () => {
    await season.run('csv', { what: ['parcels'], format: 'csv' });
    const [head, ...lines] = (await readFile(season.pathOf('csv', 'parcels.csv'), 'utf8'))
      .trimEnd()
      .split('\n');
    assert.equal(
      head,
      'id,pid,collection,geometry,bbox_xmin,bbox_ymin,bbox_xmax,bbox_ymax,metrics:area,metrics:perimeter,id_of_table,crop,code,share,sown',
    );
    assert.match(
      lines.find((line) => line.startsWith('3,'))!,
      /^3,3,public\.parcels,"POLYGON\(\(3\.0\d+ 5\d\.\d+,.*,"wheat, ""soft""",3,0\.75,2023-10-04$/,
    );
  });
});
