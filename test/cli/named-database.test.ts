/** Which database the files of a command name, and what is sent of it to workers. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { databaseId } from '../../database/session/database-id.js';
import { openPool } from '../../database/session/pool.js';
import type { CampaignInput } from '../../campaigns/options.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database/database.js';
import { makeNamespace, skipWithoutTemporal, temporalAddress } from '../workflows/server.js';
import { NativeConnection } from '@temporalio/worker';
import { parcelwise, type Run } from './command.js';

describe('a campaign that is started', { skip: skipWithoutServer || skipWithoutTemporal }, () => {
  let folder: string;
  let database: TestDatabase;
  let connection: Connection;
  let client: Client;
  let env: Record<string, string>;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-named-'));
    database = await createDatabase();
    connection = await Connection.connect({ address: temporalAddress! });
    const native = await NativeConnection.connect({ address: temporalAddress! });
    const namespace = await makeNamespace(native);
    await native.close();
    client = new Client({ connection, namespace });
    env = { TEMPORAL_ADDRESS: temporalAddress!, TEMPORAL_NAMESPACE: namespace };
    const { host, port, user, password } = database.connection;
    const here = { host, port, dbname: database.name, dbuser: user, dbpasswd: password?.() };
    await writeConfig('here', here);
    await writeConfig('away', { ...here, port: 1 });
    await writeConfig('silent', undefined);
  });
  after(async () => {
    await connection.close();
    await database.drop();
    await rm(folder, { recursive: true });
  });

  const writeConfig = (name: string, of: object | undefined) =>
    writeFile(
      join(folder, `${name}.json`),
      JSON.stringify({
        database: {
          connection: of,
          tables: { aoi_table: 'aois', parcel_table: 'parcels', results_table: 'sigs' },
          args: { name: 'here', startdate: '2024-03-01', enddate: '2024-04-01' },
        },
      }),
    );
  const start = (name: string, ...args: string[]): Promise<Run> =>
    parcelwise(
      ['campaign', 'start', '--card', 's2', '--name', name, '--db-config', `${name}.json`, ...args],
      {
        cwd: folder,
        env,
      },
    );
  /** What it asks for, as it stands in its history. */
  async function inputOf(name: string): Promise<CampaignInput> {
    const { events } = await client.workflow.getHandle(`campaign/${name}`).fetchHistory();
    const [payload] = events![0]!.workflowExecutionStartedEventAttributes!.input!.payloads!;
    return JSON.parse(Buffer.from(payload!.data!).toString()) as CampaignInput;
  }

  it('names the database of its file, and no password', async () => {
    const { code, err } = await start('here');
    assert.equal(code, 0, err);
    const input = await inputOf('here');
    assert.deepEqual(input.database, await databaseId(database.pool));
    assert.equal(input.database.name, database.name);
    assert.deepEqual(Object.keys(input.database), ['id', 'name']);
  });

  it('is not where that database can not be asked, unless it is wished so', async () => {
    const refused = await start('away');
    assert.equal(refused.code, 1);
    assert.match(refused.err, /nothing listens there.*right\? Nothing was started.*--no-database-check/);
    const { code, err } = await start('away', '--no-database-check');
    assert.equal(code, 0, err);
    assert.equal((await inputOf('away')).database, undefined);
  });

  it('leaves it to the workers where its file names none', async () => {
    const { code, err } = await start('silent');
    assert.equal(code, 0, err);
    assert.equal((await inputOf('silent')).database, undefined);
  });

  it('knows a database by whatever way it is reached, and a copy for another one', async () => {
    const again = openPool({ ...database.connection, host: 'localhost' }, { max: 1 });
    const other = await createDatabase();
    try {
      const ours = await databaseId(database.pool);
      assert.deepEqual(await databaseId(again), ours);
      assert.notEqual((await databaseId(other.pool)).id, ours.id);
    } finally {
      await again.end();
      await other.drop();
    }
  });
});
