/** parcelwise behind a pooler, whose server connections other programs use too. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { asFailure } from '../../../activities/failures.js';
import { audit } from '../../../database/audit/index.js';
import { checkSelection } from '../../../database/selection/check.js';
import { withLanding } from '../../../database/parcels/import/import-parcels.js';
import { LIVENESS } from '../../../database/session/liveness.js';
import { openPool } from '../../../database/session/pool.js';
import { query } from '../../../database/session/session.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';
import { extractScene } from '../extracted.js';
import { type PgBouncer, skipWithoutPgBouncer, startPgBouncer } from './pgbouncer.js';
import { makeSeason, SELECTION } from '../season.js';
import { SilentProxy } from './silent-proxy.js';

const QUICK = { ...LIVENESS, quietMs: 400, everyMs: 100, probeMs: 2_000, queueMs: 1_000 };
const skip = skipWithoutServer !== false ? skipWithoutServer : skipWithoutPgBouncer;

describe('behind PgBouncer', { skip }, () => {
  let database: TestDatabase;
  before(async () => {
    database = await createDatabase();
    await makeSeason(database.pool);
  });
  after(() => database.drop());

  for (const mode of ['session', 'transaction'] as const)
    describe(`in ${mode} pooling`, () => {
      let bouncer: PgBouncer;
      let pool: pg.Pool;
      before(async () => {
        bouncer = await startPgBouncer(database.connection, mode, 3);
        pool = openPool(bouncer.connection, { max: mode === 'session' ? 2 : 8, liveness: QUICK });
        await database.pool.query(
          `DELETE FROM parcelwise.extraction; TRUNCATE sigs, hists; UPDATE dias_catalogue SET status = 'ingested'`,
        );
      });
      after(async () => {
        await pool.end();
        await bouncer.stop();
      });

      it('extracts and audits a season', async () => {
        const season = await checkSelection(pool, SELECTION);
        await Promise.all([1, 2, 3].map((obsid) => extractScene(pool, season, obsid)));
        const { findings, extracted } = await audit(pool, {}, { each: 20 });
        assert.deepEqual([findings, extracted], [[], 3]);
      });

      it('minds no settings of others, and leaves none of its own behind', async () => {
        const single = await startPgBouncer(database.connection, mode, 1);
        const other = new pg.Client({ ...single.connection });
        const ours = openPool(single.connection, { max: 1 });
        await other.connect();
        await other.query(
          `SET search_path = pg_catalog; SET statement_timeout = '1ms'; SET TimeZone = 'Asia/Tokyo'`,
        );
        const shown = `SELECT current_setting('TimeZone') AS zone, current_setting('statement_timeout') AS most,
          current_setting('search_path') AS path, current_setting('idle_in_transaction_session_timeout') AS idle`;
        // Of a session pool the one connection is the other's until it goes.
        if (mode === 'session') await other.end();
        assert.deepEqual(await query(ours, shown), [
          { zone: 'UTC', most: '15min', path: '"$user", public', idle: '2min' },
        ]);
        if (mode === 'transaction') {
          const { rows } = await other
            .query<Record<string, string>>(`SET statement_timeout = '1min'; ${shown}`)
            .then((results) => (results as unknown as pg.QueryResult<Record<string, string>>[])[1]!);
          assert.deepEqual([rows[0]?.idle, rows[0]?.path], ['0', 'pg_catalog']);
          await other.end();
        }
        await ours.end();
        await single.stop();
      });

      it('lets a long statement be, and finds out a connection that is half dead', async () => {
        const slow = await query<{ one: number }>(pool, 'SELECT 1 AS one FROM pg_sleep(2.5)');
        assert.deepEqual(slow, [{ one: 1 }]);
        const proxy = await SilentProxy.before(bouncer.connection);
        const beyond = openPool(proxy.connection, { max: 2, liveness: QUICK });
        await query(beyond, 'SELECT 1');
        proxy.silence('both', false);
        await assert.rejects(query(beyond, 'SELECT 2'), /nothing has come through it/);
        assert.deepEqual(await query(beyond, 'SELECT 3 AS three'), [{ three: 3 }]);
        await beyond.end();
        proxy.close();
      });

      it('lets a statement wait for its turn', async () => {
        const single = await startPgBouncer(database.connection, mode, 1);
        const ours = openPool(single.connection, { max: 3, liveness: { ...QUICK, queueMs: 30_000 } });
        const turns = mode === 'session' ? 1 : 3;
        const waits = Array.from({ length: turns }, () => query(ours, 'SELECT 1 AS one FROM pg_sleep(1.5)'));
        assert.equal((await Promise.all(waits)).length, turns);
        await ours.end();
        await single.stop();
      });

      it('keeps two imports into one table apart', async () => {
        const landing = () => withLanding(pool, 'fields', { replace: false }, inner);
        const inner = () =>
          withLanding(pool, 'fields', { replace: false }, () => Promise.resolve('both')).catch(
            (error: unknown) => String(error),
          );
        if (mode === 'transaction') assert.match(await landing(), /another import into fields runs/);
        assert.equal(await withLanding(pool, 'fields', { replace: false }, () => Promise.resolve(1)), 1);
      });
    });

  for (const [what, mode, options, remedy] of [
    ['statement pooling', 'statement', undefined, /pool_mode to session or transaction/],
    [
      'settings it does not know',
      'transaction',
      '-c work_mem=1MB',
      /Do without PGOPTIONS.*ignore_startup_parameters/,
    ],
  ] as const)
    it(`says what to do about ${what}, and does not try again`, async () => {
      const bouncer = await startPgBouncer(database.connection, mode);
      const pool = openPool({ ...bouncer.connection, options });
      const refused: unknown = await query(pool, 'SELECT 1').catch((error: unknown) => error);
      const failure = asFailure(refused);
      assert.match(failure.message, remedy);
      assert.equal((failure as { nonRetryable?: boolean }).nonRetryable, true);
      await pool.end();
      await bouncer.stop();
    });
});
