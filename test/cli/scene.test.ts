/** Doctor, scene and reconcile on real servers. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { tellOrbits } from '../../campaigns/tell-orbits.js';
import { checkSelection, type CheckedSelection } from '../../database/selection/check.js';
import { claimScene } from '../../database/ledger/claim.js';
import { markScene } from '../../database/ledger/mark.js';
import { getScene } from '../../database/scenes/scenes.js';
import { renewLease, type TemporalPlace } from '../../database/leases/temporal-leases.js';
import type { Owner } from '../../database/terms.js';
import { placeOf, stateOf } from '../../client/index.js';
import { createDatabase, type TestDatabase } from '../database/database.js';
import { CLEAR_RULE, extractScene } from '../database/extracted.js';
import { makeSeason, SELECTION } from '../database/season.js';
import { parcelwise, type Run } from './command.js';

const TEMPORAL = process.env.PARCELWISE_TEST_TEMPORAL;
const S3 = process.env.PARCELWISE_TEST_S3;
const skip =
  (process.env.PARCELWISE_TEST_PG === undefined || TEMPORAL === undefined || S3 === undefined) &&
  'PARCELWISE_TEST_PG, _TEMPORAL or _S3 is not set';

const GONE: Owner = { workflowId: 'scene/public.sigs/of-nobody', runId: 'gone' };

describe('single scenes', { skip }, () => {
  let folder: string;
  let database: TestDatabase;
  let season: CheckedSelection;
  let connection: Connection;
  let client: Client;
  let busy: Owner;
  let here: TemporalPlace;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-scene-'));
    database = await createDatabase();
    season = await makeSeason(database.pool);
    await writeConfigs();
    connection = await Connection.connect({ address: TEMPORAL! });
    client = new Client({ connection });
    here = await placeOf(client.workflowService, 'default', TEMPORAL!);
    // On a queue that nobody polls: it runs until it is terminated.
    const handle = await client.workflow.start('waiting', {
      workflowId: `scene/public.sigs/${database.name}`,
      taskQueue: 'nobody',
    });
    busy = { workflowId: handle.workflowId, runId: handle.firstExecutionRunId };
  });
  beforeEach(async () => {
    await database.pool.query(`UPDATE dias_catalogue SET status = 'ingested' WHERE id < 7`);
    await database.pool.query('DELETE FROM parcelwise.extraction; DELETE FROM parcelwise.temporal_lease');
  });
  after(async () => {
    await client.workflow.getHandle(busy.workflowId).terminate();
    await connection.close();
    await database.drop();
    await rm(folder, { recursive: true });
  });

  async function writeConfigs(): Promise<void> {
    const { host, port, user, password } = database.connection;
    const config = (passwd: string | undefined, results: string, bands?: string[]): string =>
      JSON.stringify({
        database: {
          connection: { host, port, dbname: database.name, dbuser: user, dbpasswd: passwd },
          tables: {
            aoi_table: 'aois',
            parcel_table: 'parcels',
            results_table: results,
            hists_table: 'hists',
          },
          args: { name: 'here', startdate: '2024-03-01', enddate: '2024-04-01', bands },
        },
      });
    await writeFile(join(folder, 'db_config.json'), config(password?.(), 'sigs'));
    const none = config(password?.(), 'sigs_2023').replace('"hists"', '"hists_2023"');
    await writeFile(join(folder, 'no-table.json'), none);
    await writeFile(join(folder, 'no-band.json'), config(password?.(), 'sigs', ['B4', 'VV', 'B10']));
    await writeFile(join(folder, 'wrong-password.json'), config('Wr0ng-of-the-test', 'sigs'));
    const { endpoint, accessKey, secretKey, region, bucket } = JSON.parse(S3!) as Record<string, string>;
    const s3 = { host: endpoint, access_key: accessKey, secret_key: secretKey, region, bucket };
    await writeFile(join(folder, 's3_config.json'), JSON.stringify({ s3 }));
  }

  function run(...args: string[]): Promise<Run> {
    return parcelwise(args, { cwd: folder, env: { TEMPORAL_ADDRESS: TEMPORAL! } });
  }

  const claim = (owner: Owner, obsid = 1, place = here) =>
    claimScene(database.pool, season, obsid, owner, { campaign: 'campaign/spring', bands: ['B04'], place });
  const statusOf = async (obsid: number): Promise<string> =>
    (await getScene(database.pool, season, obsid)).status;
  const setStatus = (obsid: number, status: string) =>
    database.pool.query('UPDATE dias_catalogue SET status = $2 WHERE id = $1', [obsid, status]);

  async function refuses(args: string[], message: RegExp): Promise<void> {
    const ran = await run(...args);
    assert.equal(ran.code, 1, ran.err);
    assert.match(ran.err, message);
  }

  it('are shown with who has them, why they ended so, and what to do next', async () => {
    await claim(GONE);
    await markScene(database.pool, season, 1, GONE, 'B08 notfound', 'SCENE_1 has no B08_10m.jp2');
    const failed = await run('scene', 'show', 'SCENE_1');
    assert.equal(failed.code, 0);
    assert.match(failed.out, /B08 notfound[\s\S]*SCENE_1 has no B08_10m\.jp2[\s\S]*next: .*scene retry 1/);

    await claim(GONE, 2);
    const held = JSON.parse((await run('scene', 'show', '2', '--json')).out) as {
      extractions: { running: boolean }[];
      next: string;
    };
    assert.equal(held.extractions[0]?.running, false);
    assert.match(held.next, /scene release 2/);
  });

  it('are shown with the pixels of which an index has no value', async () => {
    await extractScene(database.pool, season, 1, ['B04', 'SC', 'NDV']);
    await database.pool.query(
      `UPDATE parcelwise.stored_layer SET without_value = '{"missing-input": 1200, "zero-denominator": 3}' WHERE layer = 'NDV'`,
    );
    const shown = (await run('scene', 'show', '1')).out;
    assert.match(shown, /^ {4}no value {2}NDV: 2,400 missing-input, 6 zero-denominator pixels$/m);
    assert.match(shown, /^ {4}rule {6}pixels centre$/m);
    const { extractions } = JSON.parse((await run('scene', 'show', '1', '--json')).out) as {
      extractions: { clear: null; progress: { accounts: object } }[];
    };
    assert.equal(extractions[0]!.clear, null);
    assert.deepEqual(Object.entries(extractions[0]!.progress.accounts).at(-1), [
      'withoutValue',
      { NDV: { 'missing-input': 2400, 'zero-denominator': 6 } },
    ]);
  });

  it('are shown with their clear rows, and the rule of both', async () => {
    await database.pool.query('CREATE TABLE clear_sigs (LIKE sigs)');
    const clear = await checkSelection(database.pool, {
      ...SELECTION,
      tables: { ...SELECTION.tables, clear: 'clear_sigs' },
    });
    const rule = { ...CLEAR_RULE, pixels: 'touched', innerBufferM: 5, indices: { ABC: 'B04' } } as const;
    await extractScene(database.pool, clear, 1, ['B04', 'SC', 'ABC'], rule);
    const { out } = await run('scene', 'show', '1');
    assert.match(out, /^ {4}clear {5}B04, ABC, into public\.clear_sigs$/m);
    assert.match(
      out,
      /^ {4}rule {6}pixels touched; inner_buffer_m 5; ABC = B04; clear\.classes 3, 8; clear\.min_pixels 2$/m,
    );
    assert.match(out, /40 met, 114 rows, 68 clear rows, 38 histograms/);
    const { extractions } = JSON.parse((await run('scene', 'show', '1', '--json')).out) as {
      extractions: { clear: object; rule: object; accounts: { clear: number } }[];
    };
    assert.deepEqual(extractions[0]?.clear, { table: 'public.clear_sigs', bands: ['B04', 'ABC'] });
    assert.deepEqual(extractions[0].rule, rule);
    assert.equal(extractions[0].accounts.clear, 68);
  });

  it('tell of the newer product that supersedes them', async () => {
    const product = (baseline: string): string =>
      `S2A_MSIL2A_20240302T105619_N${baseline}_R051_T31UES_20240302T140000.SAFE`;
    const call = (obsid: number, reference: string) =>
      database.pool.query('UPDATE dias_catalogue SET reference = $2 WHERE id = $1', [obsid, reference]);
    await call(1, product('0400'));
    await call(2, product('0510'));
    try {
      await tellOrbits(database.pool, season.catalogue);
      assert.match(
        (await run('catalogue', 'show', '1')).out,
        /^ {2}orbit +51, by name\n {2}pass +descending, by mission$/m,
      );
      const newer = `superseded by scene 2 ${product('0510')}`;
      assert.match((await run('catalogue', 'show', '1')).out, new RegExp(`to be ${newer}, baseline 05\\.10`));
      await extractScene(database.pool, season, 1);
      await extractScene(database.pool, season, 2);
      assert.match(
        (await run('catalogue', 'show', '1')).out,
        new RegExp(`  ${newer}.*\\n  the views of public\\.sigs leave its rows out`),
      );
      assert.match((await run('scene', 'show', '1')).out, new RegExp(`views +leave its rows out: ${newer}`));
      assert.doesNotMatch((await run('catalogue', 'show', '2')).out, /superseded/);
    } finally {
      for (const obsid of [1, 2]) await call(obsid, `SCENE_${obsid}`);
    }
  });

  it('are not found by a name that is nobody’s', async () => {
    const ran = await run('scene', 'show', 'SCENE_99');
    assert.equal(ran.code, 2);
    assert.match(ran.err, /there is no scene SCENE_99 in public\.dias_catalogue/);
  });

  it('are retried only where they ended in a word that says why not', async () => {
    await setStatus(1, 'S2_nopath');
    assert.equal((await run('scene', 'retry', '1')).code, 0);
    assert.equal(await statusOf(1), 'ingested');
    await refuses(['scene', 'retry', '7'], /nothing to retry/);
    await claim(GONE);
    await refuses(['scene', 'retry', '1'], /in progress/);
    assert.equal(await statusOf(1), 'inprogress');
  });

  it('are released where their owner is gone, never while it runs', async () => {
    await claim(busy, 1);
    await refuses(['scene', 'release', '1'], /is being worked on by scene\/public\.sigs\//);
    assert.equal(await statusOf(1), 'inprogress');
    await claim(GONE, 2);
    assert.equal((await run('scene', 'release', '2')).code, 0);
    assert.equal(await statusOf(2), 'ingested');
  });

  it('of another program are released by force only', async () => {
    await setStatus(3, 'inprogress');
    await refuses(['scene', 'release', '3'], /another program may be at work/);
    assert.equal(await statusOf(3), 'inprogress');
    assert.equal((await run('scene', 'release', '3', '--force')).code, 0);
    assert.equal(await statusOf(3), 'ingested');
  });

  it('of owners who can not be asked are left alone while their workers are heard of, and freed at a word', async () => {
    const there = { cluster: 'another-cluster', namespace: 'cbm' };
    await renewLease(database.pool, { ...there, token: 'worker', address: 'temporal.example.org:7233' });
    await claim(GONE, 1, there);
    await claim(busy, 2, there);
    await claim(GONE, 3, { ...there, namespace: 'unheard' });
    const left = await run('reconcile');
    assert.equal(left.code, 0);
    assert.match(
      left.out,
      /given back: scene 3[\s\S]*1 held by owners of namespace cbm of the Temporal server another-cluster \(at temporal\.example\.org:7233; its workers were last heard of .+ UTC\)[\s\S]*1 given back, 2 being worked on/,
    );
    await refuses(
      ['scene', 'release', '1'],
      /of namespace cbm .+nothing was changed.+parcelwise reconcile --namespace cbm/,
    );
    const nobody = await run('reconcile', '--namespace', 'nobody');
    assert.match(nobody.out, /no owner of a namespace nobody of another server holds a scene/);
    assert.equal(await statusOf(1), 'inprogress');
    const freed = await run('reconcile', '--namespace', 'cbm', '--server', 'temporal.example.org:7233');
    assert.match(freed.out, /giving back 1 scenes held by owners of namespace cbm[\s\S]*given back: scene 1/);
    assert.deepEqual(
      [await statusOf(1), await statusOf(2)],
      ['ingested', 'inprogress'],
      'who runs here runs',
    );
    assert.equal((await run('reconcile', '--server', 'x')).code, 2);
  });

  it('of owners of this server are judged by clear answers only', async () => {
    assert.equal(await stateOf(client, busy), 'running');
    assert.equal(await stateOf(client, { ...busy, runId: 'another' }), 'unknown');
    assert.equal(await stateOf(client, GONE), 'unknown');
    const lost = new Client({ connection, namespace: 'no-such-namespace' });
    await assert.rejects(stateOf(lost, GONE), /no-such-namespace/);
    const ended = await client.workflow.start('waiting', {
      workflowId: `${busy.workflowId}-2`,
      taskQueue: 'nobody',
    });
    await ended.terminate();
    assert.equal(
      await stateOf(client, { workflowId: ended.workflowId, runId: ended.firstExecutionRunId }),
      'closed',
    );
  });

  it('know a server by its cluster, whatever its address', async () => {
    const byName = await Connection.connect({ address: TEMPORAL!.replace('127.0.0.1', 'localhost') });
    assert.deepEqual(await placeOf(byName.workflowService, 'default', 'localhost'), here);
    assert.match(here.cluster, /^[0-9a-f-]{36}$/);
    await byName.close();
    const refused = (code: number) =>
      ({
        getClusterInfo: () => Promise.reject(Object.assign(new Error('refused'), { code })),
      }) as unknown as Client['workflowService'];
    assert.equal((await placeOf(refused(7), 'a', 'cloud:7233')).cluster, 'cloud:7233');
    await assert.rejects(placeOf(refused(14), 'a', 'cloud:7233'), /refused/);
  });

  it('are reconciled: the orphans given back, the others listed and left alone', async () => {
    await claim(busy, 1);
    await claim(GONE, 2);
    await setStatus(3, 'inprogress');
    const ran = await run('reconcile');
    assert.equal(ran.code, 0);
    assert.match(
      ran.out,
      /given back: scene 2[\s\S]*not by parcelwise: scene 3 SCENE_3[\s\S]*1 given back, 1 being worked on, 1 in other hands/,
    );
    assert.deepEqual(
      [await statusOf(1), await statusOf(2), await statusOf(3)],
      ['inprogress', 'ingested', 'inprogress'],
    );
  });

  it('are forgotten after it was said what that does, and only where it is confirmed', async () => {
    await database.pool.query('TRUNCATE sigs, hists');
    await extractScene(database.pool, season, 1);
    await extractScene(database.pool, season, 2);
    await database.pool.query('DELETE FROM sigs WHERE (obsid, pid) = (2, 7)');
    const rows = async () =>
      (await database.pool.query<{ n: number }>('SELECT count(*)::int AS n FROM sigs')).rows[0]!.n;
    const unsaid = await run('scene', 'forget');
    assert.deepEqual([unsaid.code, unsaid.out], [2, '']);
    assert.match(unsaid.err, /name the scenes, or say --all, or --lost/);

    const asked = await run('scene', 'forget', '--lost');
    assert.equal(asked.code, 2);
    assert.match(asked.err, /nothing was changed.*--yes/);
    assert.match(
      asked.out,
      /of 1 scene in public\.sigs 114 rows are remembered, 111 are there:\n {2}2 SCENE_2 \(extracted, 114 rows\)\nthis\n[^]*deletes the 111 rows of theirs in public\.sigs\n {2}deletes the 38 histograms of theirs in public\.hists\n {2}sets those .* back to ingested/,
    );
    assert.deepEqual([await rows(), await statusOf(2)], [225, 'extracted']);

    const done = await run('scene', 'forget', '--lost', '--yes');
    assert.equal(done.code, 0, done.err);
    assert.match(done.out, /forgotten: 1 scene; 111 rows and 38 histograms deleted; 1 scene set back/);
    assert.deepEqual([await rows(), await statusOf(1), await statusOf(2)], [114, 'extracted', 'ingested']);
    assert.match((await run('scene', 'forget', '--lost')).out, /there is nothing to forget/);
    assert.equal((await run('scene', 'forget', 'SCENE_1', '--yes', '--keep-status')).code, 0);
    assert.deepEqual([await rows(), await statusOf(1)], [0, 'extracted']);
  });

  it('and all a campaign needs pass the doctor', async () => {
    await setStatus(3, 'inprogress');
    const ran = await run('doctor');
    assert.equal(ran.code, 0, ran.out);
    assert.match(
      ran.out,
      /ok +scenes +s2: 2 ingested, 1 inprogress, 1 extracted|ok +scenes +s2: .*2 ingested/,
    );
    assert.match(ran.out, /note +scenes +1 in progress, but not by parcelwise/);
  });

  it('fail it with bands that no CARD type has', async () => {
    const { code, out } = await run('doctor', '--db-config', 'no-band.json');
    assert.equal(code, 1);
    assert.match(out, /FAULT +bands +no CARD type has B10\n +Correct database\.args\.bands/);
  });

  it('fail it with each table that is missing, or the password that is wrong', async () => {
    const wrongly = ['--db-config', 'wrong-password.json'];
    const [missing, wrong, worker] = await Promise.all([
      run('doctor', '--db-config', 'no-table.json'),
      run('doctor', ...wrongly),
      // With the stack of everything that goes wrong.
      parcelwise(['worker', ...wrongly], {
        cwd: folder,
        env: {
          TEMPORAL_ADDRESS: TEMPORAL!,
          PARCELWISE_LOG: 'debug',
          PARCELWISE_SCRATCH: join(folder, 'scratch'),
        },
      }),
    ]);
    assert.deepEqual([missing.code, wrong.code], [1, 1]);
    const remedy = ' .*\\n.*parcelwise init';
    assert.match(
      missing.out,
      new RegExp(
        ['sigs_2023', 'hists_2023']
          .map((name) => `FAULT +tables +there is no table ${name}${remedy}`)
          .join('[^]*'),
      ),
    );
    assert.match(wrong.out, /FAULT +database +.*user name or password is wrong/);
    assert.notEqual(worker.code, 0);
    assert.match(worker.err, /user name or password is wrong/);
    for (const { out, err } of [wrong, worker]) assert.doesNotMatch(out + err, /Wr0ng/);
  });
});
