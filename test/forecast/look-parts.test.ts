/** Bytes foretold of radar scenes, whose files are read by windows: those that staging then fetches, and some around them. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { databaseActivities, hostActivities, stageActivities } from '../../activities/registered.js';
import { type Order, selectionOf } from '../../campaigns/order.js';
import { enviFile } from '../../demo/season/envi-file.js';
import { geotiffFile } from '../../demo/season/geotiff-file.js';
import { lookAt } from '../../forecast/look.js';
import { openTestDependencies, put, type TestDependencies } from '../activities/dependencies.js';
import { run } from '../activities/run-activity.js';
import { skipWithoutServer } from '../database/database.js';
import { GRID } from '../database/season.js';

const BS = 'S1A_IW_GRDH_1SDV_20240304T172431_20240304T172456_052833_0664D9_3A51_CARD_BS';
const C6 = 'S1A_20240306T055824_20240223T055825_DESC_CARD_COH6';
const PIXELS = Float32Array.from({ length: GRID.width * GRID.height }, (_, i) => 0.1 + (i % 89) / 1000);
/** All parcels lie in 60 of its 1000 rows. */
const ROW_BYTES = 4 * GRID.width;

describe('the forecast of a scene that is read by windows', { skip: skipWithoutServer }, () => {
  let test: TestDependencies;
  let bytesOfBucket = 0;
  before(async () => {
    test = await openTestDependencies();
    const folder = `Sentinel-1/SAR/CARD-BS/2024/03/04/${BS}/${BS}.data`;
    for (const band of ['VV', 'VH']) {
      const { header, image } = enviFile(PIXELS, GRID, `Gamma0_${band}`);
      await put(test.bucket, `${folder}/Gamma0_${band}.img`, image);
      await put(test.bucket, `${folder}/Gamma0_${band}.hdr`, header);
      bytesOfBucket += image.length;
    }
    const coherence = geotiffFile([PIXELS, PIXELS], GRID);
    await put(test.bucket, `Sentinel-1/SAR/CARD-COH6/2024/03/06/${C6}/${C6}.tif`, coherence);
  });
  after(() => test.close());

  /** What is foretold of a scene, and what is fetched of it then. */
  async function bytesOf(order: Order, reference: string, obstime: string): Promise<[number, number]> {
    const { dependencies } = test;
    const selection = await dependencies.selections.check(selectionOf(order));
    const scene = { obsid: 1, reference, obstime };
    const watched = { signal: new AbortController().signal, onProgress: () => undefined };
    const [look] = await lookAt(dependencies, selection, order, [scene], watched);
    const task = { ...test.task, order, scene };
    await dependencies.pool.query(`UPDATE dias_catalogue SET reference = $1, card = $2 WHERE id = 1`, [
      reference,
      order.card,
    ]);
    await run(databaseActivities(dependencies).claim, task);
    const { bytes } = await run(stageActivities(dependencies).stage, task);
    await run(hostActivities(dependencies).discard, task);
    await run(databaseActivities(dependencies).release, task);
    return [look!.bytes, bytes];
  }

  it('counts the rows of an ENVI file under parcels, whose header is another object', async () => {
    const order: Order = { ...test.order, card: 'bs', bands: ['VVb', 'VHb'] };
    const [foretold, fetched] = await bytesOf(order, BS, '2024-03-04T17:24:31');
    assert.ok(fetched < 0.1 * bytesOfBucket, `${fetched} of ${bytesOfBucket}`);
    // A cell of 32 rows more at either end, in two files.
    assert.ok(
      foretold >= fetched && foretold < fetched + 2 * 64 * ROW_BYTES + 4096,
      `${foretold} for ${fetched}`,
    );
  });

  it('counts both bands of a GeoTIFF', async () => {
    const order: Order = { ...test.order, card: 'c6', bands: ['VVc', 'VHc'] };
    const [foretold, fetched] = await bytesOf(order, C6, '2024-03-06T05:58:24');
    assert.ok(foretold >= fetched && foretold <= bytesOfBucket + 4096, `${foretold} for ${fetched}`);
  });
});
