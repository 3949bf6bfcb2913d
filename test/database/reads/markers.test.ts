import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { readMarkerColumns } from '../../../database/reads/markers.js';
import { findServedTables } from '../../../database/reads/served-tables.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';
import { makeSeason } from '../season.js';

const TABLE = (name: string) => `
  CREATE TABLE ${name} (foi_id integer, marker text, marker_type text, date_start date, date_main date, date_end date,
    duration_days integer, value_1 real, value_2 real, value_3 real, pid integer, practice text, id text)`;
const ROW = (table: string, marker: string, day: string) => `
  INSERT INTO ${table} VALUES (5, '${marker}', 'drop', '${day}', '${day}', '${day}', 0, 0.5, 'NaN', NULL, 7, 'mowing', 'P7')`;

describe('markers of a parcel', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  before(async () => {
    database = await createDatabase();
    await makeSeason(database.pool);
    await database.pool.query(`ALTER TABLE parcels ADD id text; CREATE SCHEMA ms`);
  });
  after(() => database.drop());

  async function read(id: string, parcelId = 'id'): Promise<Record<string, unknown> | undefined> {
    const tables = { parcels: 'parcels', catalogue: 'dias_catalogue', parcelId, signatures: {} };
    const { parcels } = await findServedTables(database.pool, tables);
    const columns = await readMarkerColumns(database.pool, parcels, { aoi: 'ms', year: 2024 }, id);
    return (
      columns && Object.fromEntries(columns.map(({ name, json }) => [name, JSON.parse(json) as unknown]))
    );
  }

  it('are unknown where the area has no table of them', async () => {
    assert.equal(await read('P7'), undefined);
  });

  it('are those of the table that CbM reads whatever the year, by day', async () => {
    await database.pool.query(
      [TABLE('ms.markers_2020'), ROW('ms.markers_2020', 'b', '2020-06-02')].join(';'),
    );
    await database.pool.query(ROW('ms.markers_2020', 'a', '2020-05-01'));
    const found = await read('P7');
    assert.deepEqual(found, {
      ...{ foi_id: [5, 5], marker: ['a', 'b'], marker_type: ['drop', 'drop'] },
      ...{ date_start: ['2020-05-01', '2020-06-02'], date_main: ['2020-05-01', '2020-06-02'] },
      ...{ date_end: ['2020-05-01', '2020-06-02'], duration_days: [0, 0], value_1: [0.5, 0.5] },
      ...{ value_2: [null, null], value_3: [null, null], pid: [7, 7], practice: ['mowing', 'mowing'] },
    });
    assert.deepEqual((await read('P8'))?.marker, []);
  });

  it("are found by pid where the parcels' column of ids is not in the table", async () => {
    assert.deepEqual((await read('7', 'ogc_fid'))?.marker, ['a', 'b']);
  });

  it("are those of the year's own table where there is one", async () => {
    await database.pool.query(
      [TABLE('ms.markers_2024'), ROW('ms.markers_2024', 'c', '2024-06-02')].join(';'),
    );
    assert.deepEqual((await read('P7'))?.marker, ['c']);
  });
});
