import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { allWell } from '../../../cli/doctor/finding.js';
import { lookAtStoring } from '../../../cli/doctor/storing.js';
import type { DatabaseConfig } from '../../../database/selection/config.js';
import type { CheckedSelection } from '../../../database/selection/check.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../../database/database.js';
import { makeSeason, SELECTION } from '../../database/season.js';

describe("the doctor's look at storing", { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let selection: CheckedSelection;
  let config: DatabaseConfig;
  before(async () => {
    database = await createDatabase();
    selection = await makeSeason(database.pool);
    const { connection } = database;
    config = { ...SELECTION, tables: SELECTION.tables, connection, bandNames: 'api' };
  });
  after(() => database.drop());

  it('tries it with what waits', async () => {
    const found = await lookAtStoring(database.pool, selection, config);
    assert.equal(found.state, 'ok');
    assert.match(found.found, /s2.* can be stored/);
  });

  it('finds nothing at fault where every scene is extracted', async () => {
    await database.pool.query(`UPDATE dias_catalogue SET status = 'extracted'`);
    const found = await lookAtStoring(database.pool, selection, config);
    assert.match(found.found, /not tried/);
    assert.ok(allWell([found]));
  });
});
