/** Rows in the order of parcels: what stays as it is, who is refused, and who waits. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { audit } from '../../../database/audit/index.js';
import { requireStoredRows } from '../../../database/identity/stored-rows.js';
import { claimScene } from '../../../database/ledger/claim.js';
import { analyse } from '../../../database/results/build-index.js';
import { type OrderOptions, orderables, orderByParcel, roomFor } from '../../../database/results/cluster.js';
import type { CheckedSelection } from '../../../database/selection/check.js';
import { CLAIM_GATE } from '../../../database/session/advisory-locks.js';
import { inTransaction } from '../../../database/session/session.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';
import { BANDS, beginScene, CLASS_BAND, extractScene, ownerOf } from '../extracted.js';
import { makeSeason } from '../season.js';

describe('rows in the order of parcels', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let season: CheckedSelection;
  const run = async (sql: string) => (await database.pool.query<Record<string, unknown>>(sql)).rows;
  const check = () => requireStoredRows(database.pool, season, 'waiting', { card: 's2', bands: BANDS });
  const order = async (options?: OrderOptions) => {
    for (const root of [season.results, season.hists!])
      for (const one of await orderables(database.pool, root))
        await orderByParcel(database.pool, root, one, options);
  };
  const state = async () => (await orderables(database.pool, season.results))[0]!;

  beforeEach(async () => {
    database = await createDatabase();
    season = await makeSeason(database.pool);
    await check();
    for (const obsid of [1, 2]) await extractScene(database.pool, season, obsid);
    await run('CREATE INDEX ON sigs (pid); CREATE INDEX ON hists (pid, obsid)');
  });
  afterEach(() => database.drop());

  it('are the same rows, in a table that campaigns go on with and the audit finds whole', async () => {
    await analyse(database.pool, { table: 'sigs' });
    assert.ok((await state()).order! < 0.9);
    const rows = `SELECT md5(string_agg(s::text, ',' ORDER BY pid, obsid, band)) FROM sigs s`;
    const before = await run(rows);
    await order();
    assert.deepEqual(await run(rows), before);
    const stored = await run('SELECT pid FROM sigs ORDER BY ctid');
    assert.deepEqual(stored, await run('SELECT pid FROM sigs ORDER BY pid'));
    await analyse(database.pool, { table: 'sigs' });
    assert.equal((await state()).order, 1);

    // Were the table another one by now, this row would be counted and told.
    await run(`INSERT INTO sigs (pid, obsid, band) VALUES (1, 1, 'B04')`);
    await check();
    await run(`DELETE FROM sigs WHERE count IS NULL`);
    await extractScene(database.pool, season, 3);
    assert.deepEqual((await audit(database.pool, {}, { each: 5 })).findings, []);
  });

  it('of a table that is not known to be the one rows were stored in are counted as before', async () => {
    await run('UPDATE parcelwise.stored_table SET files = $$another$$');
    await order();
    await run(`INSERT INTO sigs (pid, obsid, band) VALUES (1, 1, 'B04')`);
    await assert.rejects(check(), /does not hold what was stored in it/);
  });

  it('are refused while a scene of the table is in work, and the table stays as it is', async () => {
    await beginScene(database.pool, season, 3, 1);
    const files = await run(`SELECT pg_relation_filenode('sigs') AS file`);
    await assert.rejects(
      order(),
      /1 scene is being worked on.*\(3 of public\.sigs is one\).*Wait for the campaign/,
    );
    assert.deepEqual(await run(`SELECT pg_relation_filenode('sigs') AS file`), files);
    const [hists] = await orderables(database.pool, season.hists!);
    await assert.rejects(
      orderByParcel(database.pool, season.hists!, hists!),
      /that store in public\.hists \(3 of public\.sigs is one\)/,
    );
  });

  it('keep claims waiting until they are in order', async () => {
    const claim = () =>
      claimScene(database.pool, season, 3, ownerOf(season, 3), {
        campaign: 'campaign/spring',
        bands: BANDS,
        classBand: CLASS_BAND,
      });
    let claimed = false;
    const waited = await inTransaction(database.pool, async (client) => {
      // What ordering does, up to its end.
      await client.query(CLAIM_GATE.close, [season.results.oid]);
      const waiting = claim().then((result) => {
        claimed = true;
        return result;
      });
      const queue = `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`;
      while (!claimed && (await database.pool.query(queue)).rowCount === 0) await new Promise(setImmediate);
      assert.equal(claimed, false);
      return { waiting };
    });
    assert.equal((await waited.waiting).claimed, true);
  });

  it('are not waited for by others while somebody reads on, whose session is named', async () => {
    const reader = await database.pool.connect();
    await reader.query('BEGIN; SELECT FROM sigs LIMIT 1');
    await assert.rejects(order({ lockMs: 100 }), {
      name: 'TableInUse',
      message:
        /public\.sigs was not ordered: process \d+ \(parcelwise [0-9a-f]+\) has had it for longer than 0\.1 s/,
    });
    await reader.query('ROLLBACK');
    reader.release();
    await order({ lockMs: 100 });
  });

  it('need an index by parcel, its owner, and room for the table twice', async () => {
    const { bytes, indexBytes } = await state();
    assert.equal(roomFor(await state()), 2 * bytes + indexBytes);
    await run('DROP INDEX sigs_pid_idx');
    await assert.rejects(order(), /public\.sigs has no index by parcel.*parcelwise results index/);
    const another = { ...(await state()), isOurs: false };
    await assert.rejects(
      orderByParcel(database.pool, season.results, another),
      /not the owner of public\.sigs/,
    );
  });

  it('stay as they are where a person stops it', async () => {
    const reader = await database.pool.connect();
    await reader.query('BEGIN; SELECT FROM sigs LIMIT 1');
    const stop = new AbortController();
    const ordered = order({
      signal: stop.signal,
      onProgress: (step) => {
        assert.match(step, /public\.sigs: waiting for those who have it/);
        stop.abort(new Error('stopped by a person'));
      },
    });
    await assert.rejects(ordered, /stopped by a person/);
    await reader.query('ROLLBACK');
    reader.release();
    await check();
  });
});
