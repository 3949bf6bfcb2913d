import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckedSelection } from '../../../database/selection/check.js';
import { parcelSetFingerprint } from '../../../database/parcels/fingerprint.js';
import { keepParcelSet, storeParcelSet } from '../../../database/parcels/parcel-sets.js';
import { inTransaction, query } from '../../../database/session/session.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';
import { makeSeason } from '../season.js';

describe('a version of the parcels', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let season: CheckedSelection;
  before(async () => {
    database = await createDatabase();
    season = await makeSeason(database.pool);
  });
  after(() => database.drop());

  it('is kept once, and no word is said of two workers that come upon it together', async () => {
    const fingerprint = await parcelSetFingerprint(database.pool, season);
    let second: Promise<void> | undefined;
    await inTransaction(database.pool, async (client) => {
      await storeParcelSet(client, season, fingerprint);
      // It does not see the line, waits for it, and then can't be serialised.
      second = keepParcelSet(database.pool, season, fingerprint);
      second.catch(() => undefined);
      await sleep(500);
    });
    await second;
    await Promise.all(Array.from({ length: 6 }, () => keepParcelSet(database.pool, season, fingerprint)));
    const kept = await query(database.pool, 'SELECT parcel_set FROM parcelwise.parcel_set');
    assert.deepEqual(kept, [{ parcel_set: fingerprint }]);
  });
});
