/** The rights that docs/database.md grants are enough for a campaign and a sync, and no more than they must be. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type pg from 'pg';
import { checkSelection } from '../../database/selection/check.js';
import { openPool } from '../../database/session/pool.js';
import { missingRights, requireRights } from '../../database/selection/rights.js';
import { requireSchema } from '../../database/session/schema.js';
import type { Selection } from '../../database/terms.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database/database.js';
import { extractScene } from '../database/extracted.js';
import { makeSeason, numberFrom101, SELECTION } from '../database/season.js';

const PAGE = readFileSync(new URL('../../../docs/database.md', import.meta.url), 'utf8');
const TABLES = { parcels: 'ms.parcels_2024', results: 'ms.sigs_2024', hists: 'ms.hists_2024' } as const;
const OURS: Selection = { ...SELECTION, tables: { ...SELECTION.tables, ...TABLES } };

/** The statements of the page's block that begins with these words. */
function blockOf(words: string): string {
  const block = [...PAGE.matchAll(/^```sql\n([^]*?)^```/gm)].find(([, text = '']) => text.startsWith(words));
  assert.ok(block, `the page has a block that begins with ${words}`);
  return block[1]!;
}

describe('docs/database.md', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  const role = `extractor_${randomBytes(4).toString('hex')}`;
  before(async () => {
    database = await createDatabase();
    await makeSeason(database.pool);
    await database.pool.query('CREATE SCHEMA ms');
    for (const [table, name] of [
      ['parcels', 'parcels_2024'],
      ['sigs', 'sigs_2024'],
      ['hists', 'hists_2024'],
    ] as const)
      await database.pool.query(
        `ALTER TABLE ${table} SET SCHEMA ms; ALTER TABLE ms.${table} RENAME TO ${name}`,
      );
    await database.pool.query('CREATE TABLE ms.clear_2024 (LIKE ms.sigs_2024)');
    const grants = blockOf('CREATE ROLE extractor').replaceAll('extractor', role);
    await database.pool.query(grants.replace('choose one', 'of the test'));
    pool = openPool({ ...database.connection, user: role, password: () => 'of the test' }, { max: 4 });
  });
  after(async () => {
    await pool.end();
    await database.pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await database.drop();
  });

  it('grants what a campaign needs from its claim to its end', async () => {
    await requireSchema(pool);
    const selection = await checkSelection(pool, OURS);
    await requireRights(pool, selection, { changedOnly: true });
    await extractScene(pool, selection, 1);
  });

  it('grants what a sync needs, and its rows are what the tables take', async () => {
    await numberFrom101(database.pool);
    await pool.query(blockOf('INSERT INTO dias_catalogue'));
    await database.pool.query(blockOf('INSERT INTO aois'));
    const { rows } = await pool.query<{ status: string }>(
      `SELECT status FROM dias_catalogue WHERE reference LIKE 'S2B%' AND ST_IsValid(footprint)`,
    );
    assert.deepEqual(rows, [{ status: 'ingested' }]);
  });

  it('lets it change nothing of the catalogue but the status word', async () => {
    await assert.rejects(pool.query(`UPDATE dias_catalogue SET reference = 'x'`), { code: '42501' });
    await assert.rejects(pool.query('DELETE FROM dias_catalogue'), { code: '42501' });
    await assert.rejects(pool.query('DELETE FROM ms.parcels_2024'), { code: '42501' });
  });

  it('what is taken away again is named', async () => {
    const selection = await checkSelection(pool, OURS);
    await database.pool.query(`REVOKE UPDATE (status) ON dias_catalogue FROM ${role}`);
    await database.pool.query(`REVOKE INSERT ON ms.sigs_2024 FROM ${role}`);
    await database.pool.query(`REVOKE UPDATE ON parcelwise.gap FROM ${role}`);
    await database.pool.query(`REVOKE DELETE ON ms.hists_2024 FROM ${role}`);
    const named = (rights: readonly { right: string; table: string }[]) =>
      rights.map(({ right, table }) => `${right} ${table}`);
    const needed = ['UPDATE public.dias_catalogue', 'INSERT ms.sigs_2024', 'UPDATE parcelwise.gap'];
    assert.deepEqual(named(await missingRights(pool, selection)), needed);
    const all = named(await missingRights(pool, selection, { changedOnly: true }));
    assert.deepEqual(all.sort(), [...needed, 'DELETE ms.hists_2024'].sort());
    await assert.rejects(requireRights(pool, selection), {
      message:
        /^this database role lacks UPDATE on public.dias_catalogue, INSERT on ms.sigs_2024, UPDATE on parcelwise.gap\. Let the owner/,
    });
  });
});
