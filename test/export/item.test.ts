import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { isSameItem } from '../../export/item.js';
import { skipWithoutServer } from '../database/database.js';
import { CLEAR_RULE } from '../database/extracted.js';
import { temporaryFolder } from '../temporary-folder.js';
import { ExportedSeason } from './exported-season.js';

interface Item {
  readonly type: string;
  readonly stac_version: string;
  readonly stac_extensions: readonly string[];
  readonly id: string;
  readonly bbox: readonly number[];
  readonly geometry: {
    readonly type: string;
    readonly coordinates: readonly (readonly (readonly number[])[])[];
  };
  readonly properties: Readonly<Record<string, unknown>>;
  readonly links: readonly unknown[];
  readonly assets: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

describe('the STAC item of an export', { skip: skipWithoutServer }, () => {
  const root = temporaryFolder('export-item');
  let season: ExportedSeason;
  before(async () => {
    season = await ExportedSeason.make(root);
    await season.query(
      `UPDATE parcelwise.extraction SET facts = '{"radiometry": "harmonised", "baseline": "05.10"}'`,
    );
  });
  after(() => season.database.drop());

  const itemOf = async (folder: string): Promise<Item> =>
    JSON.parse(await readFile(season.pathOf(folder, 'item.json'), 'utf8')) as Item;

  it('has what STAC 1.1 and the table and file extensions ask for', async () => {
    await season.run('both', { what: ['series', 'parcels'] });
    const item = await itemOf('both');
    assert.deepEqual([item.type, item.stac_version, item.links], ['Feature', '1.1.0', []]);
    assert.ok(item.stac_extensions.includes('https://stac-extensions.github.io/table/v1.2.0/schema.json'));
    assert.deepEqual(
      [item.properties.datetime, item.properties.start_datetime, item.properties.end_datetime],
      [null, '2024-03-02T10:56:19Z', '2024-03-03T10:56:19Z'],
    );
    const [west, south, east, north] = item.bbox as [number, number, number, number];
    assert.ok(
      west > 3 && west < east && east < 3.2 && south > 50.9 && south < north && north < 51.1,
      item.bbox.join(),
    );
    assert.deepEqual(item.geometry.coordinates[0]![2], [east, north]);
    const { files } = await season.manifestOf('both');
    assert.deepEqual(Object.keys(item.assets), [...files.map(({ path }) => path), 'manifest']);
    for (const { path, bytes, sha256, rows } of files) {
      const asset = item.assets[path]!;
      assert.deepEqual(
        [asset.href, asset['file:size'], asset['file:checksum'], asset['table:row_count']],
        [`./${path}`, bytes, `1220${sha256}`, rows],
      );
    }
  });

  it('tells the columns of both tables, and which holds the outline', async () => {
    const { properties, assets } = await itemOf('both');
    const names = (columns: unknown) =>
      (columns as { name: string; description: string; type: string }[]).map(({ name }) => name);
    const [row] = await season.rowsIn('both');
    assert.ok(row);
    assert.deepEqual(names(properties['table:columns']).slice(0, 6), [
      'pid',
      'obsid',
      'card',
      'obstime',
      'band',
      'count',
    ]);
    assert.equal(properties['table:row_count'], 2 * 38 * 3);
    const parcels = assets['parcels.parquet']!;
    assert.deepEqual(names(parcels['table:columns']).slice(3, 6), ['geometry', 'bbox.xmin', 'bbox.ymin']);
    assert.equal(parcels['table:primary_geometry'], 'geometry');
    for (const column of properties['table:columns'] as Record<string, string>[])
      assert.ok(column.description !== '' && column.type !== undefined, column.name);
  });

  it('carries where the numbers come from', async () => {
    const { properties } = await itemOf('both');
    assert.deepEqual(properties['parcelwise:measured'], [
      {
        ...{ card: 's2', radiometry: 'harmonised', baseline: '05.10', bands: ['B04', 'B08', 'SC'] },
        ...{ rule: CLEAR_RULE, scenes: 2 },
      },
      // The scene that another tool has extracted.
      { card: 's2', radiometry: null, baseline: null, bands: [], rule: null, scenes: 1 },
    ]);
    const sets = await season.query('SELECT DISTINCT parcel_set FROM parcelwise.ledger');
    assert.deepEqual(
      properties['parcelwise:parcel_sets'],
      sets.map(({ parcel_set: set }) => set),
    );
    const software = properties['processing:software'] as Record<string, string>;
    assert.equal(software.parcelwise, '0.0.0');
    assert.match(software.PostGIS!, /^3\./);
    assert.deepEqual(properties['parcelwise:asked'], (await season.manifestOf('both')).of);
  });

  it('is left with its time where nothing has changed, and follows what has', async () => {
    const text = await readFile(season.pathOf('both', 'item.json'), 'utf8');
    await season.run('both', { what: ['series', 'parcels'] });
    assert.equal(await readFile(season.pathOf('both', 'item.json'), 'utf8'), text);
    await season.query(
      `INSERT INTO parcelwise.supersession (results_table, obsid, by_obsid) VALUES ('public.sigs', 1, 2)`,
    );
    await season.run('both', { what: ['series', 'parcels'] });
    const { properties, assets } = await itemOf('both');
    assert.equal(properties['parcelwise:scenes'], 2);
    assert.deepEqual(Object.keys(assets).sort(), ['manifest', ...(await season.filesIn('both'))].sort());
  });

  it('of series alone is around the footprints of their scenes', async () => {
    await season.run('series', { what: ['series'] });
    const { bbox } = await itemOf('series');
    const [west, , east] = bbox;
    assert.ok(east! - west! > 0.13 && east! - west! < 0.16, bbox.join());
  });

  it('differs by anything but its time', () => {
    assert.ok(
      isSameItem({ properties: { updated: 'a', title: 't' } }, { properties: { updated: 'b', title: 't' } }),
    );
    assert.ok(
      !isSameItem({ properties: { updated: 'a', title: 't' } }, { properties: { updated: 'a', title: 'u' } }),
    );
  });
});
