/** The commands of docs/certificate.md, run as they stand, one after the other; and what the page says that they answer. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { MAIN } from '../cli/command.js';
import { missing } from '../cli/interactive-shell.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database/database.js';
import { extractScene } from '../database/extracted.js';
import { makeSeason, SELECTION } from '../database/season.js';
import { temporaryFolder } from '../temporary-folder.js';

const run = promisify(execFile);
const PAGE = readFileSync(new URL('../../../docs/certificate.md', import.meta.url), 'utf8');

function blocks(language: string): string[] {
  return [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(
    ([, text = '']) => text,
  );
}

describe('docs/certificate.md', { skip: skipWithoutServer }, () => {
  const folder = temporaryFolder('certificate-page');
  let database: TestDatabase;
  before(async () => {
    database = await createDatabase();
    const { pool, connection, name } = database;
    await pool.query('CREATE SCHEMA ms');
    const tables = { ...SELECTION.tables, results: 'ms.sigs_2024', hists: undefined };
    const season = await makeSeason(pool, { tables });
    for (const obsid of [1, 2]) await extractScene(pool, season, obsid);
    const { host, port, user, password } = connection;
    const config = {
      connection: { host, port, dbname: name, dbuser: user, dbpasswd: password?.() },
      tables: {
        ...{ catalogue_table: tables.catalogue, aoi_table: tables.aois, parcel_table: tables.parcels },
        results_table: tables.results,
      },
      args: { aoi_field: 'name', name: 'here', startdate: '2024-03-01', enddate: '2024-04-01' },
    };
    writeFileSync(join(folder, 'db_config.json'), JSON.stringify({ database: config }));
  });
  after(() => database.drop());

  async function shell(commands: string): Promise<string> {
    const script = `set -e; npx() { shift; "$NODE" "$MAIN" "$@"; }; ${commands}`;
    const { PATH, HOME, PARCELWISE_TEST_TEMPORAL: TEMPORAL_ADDRESS } = process.env;
    const env = { PATH, HOME, TEMPORAL_ADDRESS, NODE: process.execPath, MAIN };
    return (await run('bash', ['-c', script], { cwd: folder, env, timeout: 120_000 })).stdout;
  }

  it('makes a certificate, and tells how it is verified', async () => {
    const [make = '', verify = ''] = blocks('sh');
    await shell(make);
    const answers = await shell(verify.trim().split('\n').slice(-1).join(''));
    const [told] = blocks('text');
    const plain = (text: string | undefined): string | undefined =>
      text
        ?.replace(/made on .*/, 'made on DAY')
        .replace(/key \S+,/, 'key KEY,')
        .replace(/\d+ of \d+ exp/, 'N of N exp');
    assert.equal(plain(answers), plain(told));
    assert.equal((await shell(verify)).match(/^the certificate holds$/gm)?.length, 3);
  });

  it('is verified without parcelwise', { skip: missing('python3', 'openssl') }, async () => {
    const [, , bare = ''] = blocks('sh');
    assert.match(await shell(bare), /Verified Successfully/);
    await shell(`sed -i 's/SCENE_1/SCENE_9/' sigs_2024.json`);
    await assert.rejects(shell(bare));
  });
});
