import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { findServedTables, type ServedTables } from '../../../database/reads/served-tables.js';
import { readStatisticPeers, type StatisticPeersQuestion } from '../../../database/reads/statistic-peers.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';
import { makeSeason } from '../season.js';

const ASKED: StatisticPeersQuestion = {
  ...{ band: 'B8', statistic: 'mean', from: 100.1, to: 200, most: 100 },
  ...{ firstDay: '2024-03-02', lastDay: '2024-03-03' },
};

/** Parcels 1 to 4 on the bounds and beyond them; 5 on another band, 6 on another day, 7 twice. */
const ROWS = `
  INSERT INTO sigs (pid, obsid, band, mean, max) VALUES
    (1, 1, 'B8', 100.1, 0), (2, 1, 'B8', 200, 0), (3, 1, 'B8', 100, 0), (4, 1, 'B8', 200.1, 150),
    (5, 1, 'B4', 150, 0), (6, 3, 'B8', 150, 0), (7, 1, 'B8', 150, 0), (7, 7, 'B8', 150, 0)`;

describe('parcels with a like statistic', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let tables: ServedTables;
  before(async () => {
    database = await createDatabase();
    await makeSeason(database.pool);
    await database.pool.query(ROWS);
    tables = await findServedTables(database.pool, {
      ...{ parcels: 'parcels', catalogue: 'dias_catalogue', parcelId: 'ogc_fid', signatures: { s2: 'sigs' } },
    });
  });
  after(() => database.drop());

  async function read(changes: Partial<StatisticPeersQuestion> = {}): Promise<unknown> {
    const rows = tables.signatures.get('s2')!;
    const [pids, ...more] = await readStatisticPeers(database.pool, tables, rows, { ...ASKED, ...changes });
    assert.deepEqual([pids?.name, more], ['pids', []]);
    return JSON.parse(pids!.json);
  }

  it('have a row of the band within the range and the days, bounds and all, and come once each', async () => {
    assert.deepEqual(await read(), ['1', '2', '7']);
    assert.deepEqual(await read({ lastDay: '2024-03-30' }), ['1', '2', '6', '7']);
    assert.deepEqual(await read({ firstDay: '2024-03-03' }), ['7']);
  });

  it('may be asked for by another statistic, and are as many as are asked for', async () => {
    assert.deepEqual(await read({ statistic: 'max' }), ['4']);
    assert.deepEqual(await read({ most: 2 }), ['1', '2']);
    assert.deepEqual(await read({ band: `B8' OR true --` }), []);
  });
});
