import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openPool } from '../../../database/session/pool.js';
import { Datasets } from '../../../server/datasets/datasets.js';
import { datasetOf, readDatasetsFile } from '../../../server/datasets/datasets-file.js';
import { temporaryFolder } from '../../temporary-folder.js';

const folder = temporaryFolder('datasets');

/** As CbM's server is handed out with it. */
const MS = {
  db: 'main',
  description: 'Member state, all parcels',
  center: '51.0,3.0',
  zoom: '10',
  year: '2020',
  start_date: '2020-01-01',
  end_date: '2020-12-31',
  extent: '',
  flip_coordinates: 'False',
  tables: {
    parcels: 'ms.parcels_2020',
    dias_catalog: 'dias_catalogue',
    scl: 'ms.hists_2020',
    s2: 'ms.sigs_2020',
    bs: 'ms.sigs_2020',
    c6: 'ms.sigs_2020',
    bs_tf: '',
  },
  pcolumns: { parcel_id: 'id', crop_name: 'crop_name', crop_code: 'crop_code' },
};

let files = 0;
function file(content: unknown): string {
  const path = join(folder, `datasets_${files++}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('datasets.json', () => {
  it("of CbM is read unchanged; a table's empty name is none", () => {
    const [entry, ...others] = readDatasetsFile(file({ ms_2020: MS }));
    assert.deepEqual(others, []);
    assert.deepEqual(entry, {
      aoi: 'ms',
      year: 2020,
      description: 'Member state, all parcels',
      tables: {
        parcels: 'ms.parcels_2020',
        catalogue: 'dias_catalogue',
        signatures: { s2: 'ms.sigs_2020', bs: 'ms.sigs_2020', c6: 'ms.sigs_2020' },
        hists: 'ms.hists_2020',
        clear: undefined,
        environment: undefined,
        parcelId: 'id',
        cropName: 'crop_name',
        cropCode: 'crop_code',
      },
    });
  });

  it('may leave out all but the parcels', () => {
    const [entry] = readDatasetsFile(file({ 'be-wa_x_2024': { tables: { parcels: 'p' } } }));
    assert.deepEqual([entry?.aoi, entry?.year], ['be-wa_x', 2024]);
    assert.deepEqual([entry?.tables.catalogue, entry?.tables.parcelId], ['dias_catalogue', 'id']);
    assert.deepEqual(entry?.tables.signatures, {});
  });

  it('is refused by file and key', () => {
    const tables = { ...MS.tables, parcels: undefined };
    for (const [content, message] of [
      [{ ms_2020: { ...MS, tables } }, /datasets_\d+\.json: ms_2020\.tables\.parcels: /],
      [{ ms: MS }, /ms is no name of a dataset/],
      [{ ms_20: MS }, /ms_20 is no name of a dataset/],
      [[], /the file: /],
      ['{', /is not valid JSON/],
    ] as const)
      assert.throws(() => readDatasetsFile(file(content)), message);
    assert.throws(() => readDatasetsFile(join(folder, 'none.json')), /none\.json: there is no such file/);
  });
});

describe('a dataset', () => {
  const tables = {
    catalogue: 'dias_catalogue',
    aois: 'aois',
    parcels: 'p',
    results: 'r',
    hists: 'h',
    clear: 'c',
  };

  it("of a db_config.json is its campaign's, in small letters, of the year in which it begins", () => {
    const campaign = {
      tables,
      aoi: { field: 'name', name: 'MS' },
      period: { start: '2023-10-01T00:00:00', end: '2024-09-30T00:00:00' },
    };
    const entry = datasetOf(campaign, { cropName: 'crop' });
    assert.deepEqual([entry.aoi, entry.year], ['ms', 2023]);
    assert.deepEqual(entry.tables.signatures, { s2: 'r', bs: 'r', c6: 'r', c1: 'r', bs_tf: 'r' });
    const { parcelId, cropName, cropCode, hists, clear } = entry.tables;
    assert.deepEqual([parcelId, cropName, cropCode, hists, clear], ['ogc_fid', 'crop', undefined, 'h', 'c']);
  });

  it('is found whatever the case of its area, and by no other year', () => {
    const pool = openPool({ host: '127.0.0.1', port: 1, database: 'none', user: 'none' });
    const datasets = new Datasets(pool, readDatasetsFile(file({ Ms_2020: MS })));
    for (const aoi of ['ms', 'MS', 'mS']) assert.equal(datasets.find(aoi, '2020')?.name, 'ms_2020');
    for (const [aoi, year] of [
      ['ms', '2021'],
      ['ms_2020', ''],
      ['', 'ms_2020'],
      ['__proto__', '2020'],
    ] as const)
      assert.equal(datasets.find(aoi, year), undefined);
  });
});
