/** Scenes of a store that no catalogue tells of: the bucket is listed by day, and each product read as far as to say where it lies. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { query } from '../../database/session/session.js';
import { painter } from '../../demo/season/painter.js';
import { sceneFiles } from '../../demo/season/scene-writer.js';
import { world } from '../../demo/season/world.js';
import { ORCHESTRATOR_QUEUE } from '../../workflows/ids.js';
import type { tick } from '../../workflows/tick.js';
import { skipWithoutServer } from '../database/database.js';
import { parcelwise } from '../cli/command.js';
import { skipWithoutTemporal } from '../workflows/server.js';
import { ContinuousPlace } from './continuous-place.js';
import { tinyProduct } from './tiny-product.js';

describe('catalogue sync --listing', { skip: skipWithoutServer || skipWithoutTemporal }, () => {
  let place: ContinuousPlace;
  const [first, second, later] = [tinyProduct(3, 10), tinyProduct(3, 25), tinyProduct(4, 6)] as const;

  before(async () => {
    place = await ContinuousPlace.open();
    for (const product of [first, second, later]) await place.upload(product);
    await place.startWorker();
  });
  after(() => place.close());

  async function put(key: string, bytes: Uint8Array | string): Promise<void> {
    const path = join(place.bucket, key);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
  /** Runs the command. @returns what it printed. */
  async function sync(...args: string[]): Promise<string> {
    const { TEMPORAL_ADDRESS = '', TEMPORAL_NAMESPACE = '' } = process.env;
    const { code, out, err } = await parcelwise(['catalogue', 'sync', '--listing', ...args], {
      cwd: place.folder,
      env: { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE },
    });
    assert.equal(code, 0, err);
    return out;
  }
  const scenes = (card: string) =>
    query<{ reference: string; obstime: string; sensor: string; status: string; near: boolean }>(
      place.database.pool,
      `SELECT reference, to_char(obstime, 'YYYY-MM-DD"T"HH24:MI:SS') AS obstime, sensor, status,
              ST_Area(footprint::geography) BETWEEN 1e6 AND 1e10 AND ST_Intersects(footprint, (SELECT wkb_geometry FROM aois)) AS near
       FROM dias_catalogue WHERE card = $1 ORDER BY obstime`,
      [card],
    );

  it('enters what lies in the period, and counts what it leaves out by its reason', async () => {
    const day = 'Sentinel-2/MSI/L2A/2024/03/10';
    await put(`${day}/S2A_MSIL1C_20240310T105031_N0510_R051_T31UFU_20240310T142010.SAFE/manifest.safe`, '');
    await put(`${day}/${tinyProduct(3, 10, '0511').reference}/manifest.safe`, 'without its metadata');
    const out = await sync('s2', '--start', '2024-03-01', '--end', '2024-03-31');
    assert.match(out, /^4 items of listing s2: 2 entered, 0 known already, /);
    assert.match(out, /1 left out \(not a product of the CARD type\)/);
    assert.match(out, /1 left out \(no footprint\)/);
    assert.deepEqual(
      await scenes('s2'),
      [first, second].map(({ reference, obstime }) => ({
        ...{ reference, obstime, sensor: '2A', status: 'ingested', near: true },
      })),
    );
  });

  it('does not touch what is known, and enters what has come since', async () => {
    await query(place.database.pool, `UPDATE dias_catalogue SET status = 'no_parcels' WHERE reference = $1`, [
      second.reference,
    ]);
    const out = await sync('s2', '--start', '2024-03-01', '--end', '2024-04-30');
    assert.match(out, /^5 items of listing s2: 1 entered, 2 known already, /);
    assert.deepEqual(
      (await scenes('s2')).map(({ reference, status }) => [reference, status]),
      [
        [first.reference, 'ingested'],
        [second.reference, 'no_parcels'],
        [later.reference, 'ingested'],
      ],
    );
  });

  it('reads no more than the tiles asked for', async () => {
    const period = ['--start', '2024-03-01', '--end', '2024-03-31'];
    // What bears no name of ours has no tile either.
    assert.match(
      await sync('s2', '--tiles', '99XYZ', ...period),
      /^1 items of listing s2 99XYZ: 0 entered, 0 known already, 1 left out \(not a product of the CARD type\)/,
    );
  });

  it('takes the outline of Sentinel-1 products from the headers of their rasters', async () => {
    const season = world(7);
    const paint = painter(season);
    for (const card of ['bs', 'c6'] as const) {
      const scene = season.scenes.find((one) => one.card === card)!;
      for (const { key, bytes } of await sceneFiles(scene, paint(scene))) await put(key, bytes);
      const day = scene.obstime.slice(0, 10);
      const out = await sync(card, '--start', day, '--end', `${day}T23:59:59`);
      assert.match(out, new RegExp(`^1 items of listing ${card}: 1 entered, 0 known already`));
      const [found] = await scenes(card);
      assert.deepEqual(found, {
        reference: scene.reference,
        obstime: scene.obstime.slice(0, 19),
        sensor: scene.sensor,
        status: 'ingested',
        near: true,
      });
    }
  });

  it('is a source of ticks like any other', async () => {
    const report = await place.client.workflow.execute<typeof tick>('tick', {
      workflowId: 'tick/listing',
      taskQueue: ORCHESTRATOR_QUEUE,
      args: [
        {
          name: 'listing',
          sync: { source: { listing: 's2' }, period: { start: '2024-03-01', end: '2024-04-30' } },
          campaign: { card: 's2' },
        },
      ],
    });
    assert.deepEqual(report, { entered: 0, ended: { extracted: 2 }, gaps: [] });
  });
});
