/** A CARD type that docs/adding-a-card.md makes, word by word, from its listing to the views: nothing else knows of it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { query } from '../../database/session/session.js';
import { geotiffFile } from '../../demo/season/geotiff-file.js';
import { GRID_10M } from '../../demo/season/area.js';
import type { Forecast } from '../../forecast/forecast.js';
import type { RasterGrid } from '../../rasters/index.js';
import { skipWithoutServer } from '../database/database.js';
import { Command } from '../end-to-end/command.js';
import { ContinuousPlace } from '../end-to-end/continuous-place.js';
import { skipWithoutStore } from '../end-to-end/gateway.js';
import { FOOTPRINT } from '../end-to-end/tiny-product.js';
import { ApiServer } from '../stac/api-server.js';
import { skipWithoutTemporal, temporalAddress, until } from '../workflows/server.js';
import { DocumentedCard } from './documented-card.js';

const skip = skipWithoutServer || skipWithoutTemporal || skipWithoutStore;
const SIDE = 256;
const GRID: RasterGrid = { ...GRID_10M, width: SIDE, height: SIDE };
/** Land, water, cloud, shadow in stripes of this many rows. */
const STRIPE = 16;
const PERIOD = ['--start', '2024-03-01', '--end', '2024-03-31'];
const [LISTED, ELSEWHERE, SCHEDULED] = [
  'L8_20240304T104851_G042_V03',
  'L9_20240312T104851_G042_V03',
  'L8_20240320T104851_G042_V03',
] as const;

describe('a CARD type added by the page about it', { skip }, () => {
  let card: DocumentedCard;
  let place: ContinuousPlace;
  let api: ApiServer;
  let worker: Command;

  before(async () => {
    [card, place, api] = await Promise.all([
      DocumentedCard.make(),
      ContinuousPlace.open(),
      ApiServer.start(),
    ]);
    await does('init');
    worker = command('worker');
    await worker.says('polling all queues');
  });
  after(async () => {
    await worker.stop();
    await api.stop();
    await place.close();
    await card.remove();
  });

  function command(...args: string[]): Command {
    const env = {
      TEMPORAL_ADDRESS: temporalAddress!,
      TEMPORAL_NAMESPACE: process.env.TEMPORAL_NAMESPACE!,
      PARCELWISE_SCRATCH: join(place.folder, 'scratch'),
      PARCELWISE_RESERVE_GB: '0.001',
    };
    return new Command(args, env, { main: card.main, cwd: place.folder });
  }
  /** Runs the copy's command, which must succeed. @returns what it printed. */
  async function does(...args: string[]): Promise<string> {
    const running = command(...args);
    assert.equal(await running.end(), 0, running.output);
    return running.output;
  }

  /** Puts a product's images below a folder of the bucket. */
  async function put(reference: string, folder: string): Promise<void> {
    const seed = Number(reference.slice(9, 11));
    const numbers = (factor: number): Buffer =>
      geotiffFile(
        [Uint16Array.from({ length: SIDE * SIDE }, (_, i) => 500 + ((i * factor + seed) % 3000))],
        GRID,
      );
    const classes = Uint8Array.from(
      { length: SIDE * SIDE },
      (_, i) => 1 + (Math.floor(i / SIDE / STRIPE) % 4),
    );
    for (const [band, bytes] of [
      ['RED', numbers(7)],
      ['NIR', numbers(11)],
      ['CLS', geotiffFile([classes], GRID)],
    ] as const) {
      const path = join(place.bucket, folder, `${reference}_${band}.tif`);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, bytes);
    }
  }
  /** The item of a product that lies where no layout of keys says. */
  async function publish(reference: string): Promise<void> {
    await put(reference, `deliveries/${reference}`);
    const base = `s3://${basename(place.bucket)}/deliveries/${reference}/${reference}`;
    api.items.push({
      type: 'Feature',
      id: reference,
      collection: 'regional-l2',
      geometry: { type: 'Polygon', coordinates: [FOOTPRINT] },
      properties: { datetime: '2024-03-12T10:48:51.5Z', 'eo:cloud_cover': 50 },
      assets: {
        red: { href: `${base}_RED.tif`, roles: ['data'] },
        nir08: { href: `${base}_NIR.tif`, roles: ['data'] },
        classes: { href: `${base}_CLS.tif`, roles: ['data'] },
        thumbnail: { href: `${base}.png`, roles: ['thumbnail'] },
      },
      links: [],
    });
  }
  async function sizeOf(folder: string): Promise<number> {
    const path = join(place.bucket, folder);
    const sizes = (await readdir(path)).map(async (name) => (await stat(join(path, name))).size);
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  }
  const scenes = () =>
    query<{ reference: string; card: string; sensor: string; status: string }>(
      place.database.pool,
      'SELECT reference, card, sensor, status FROM dias_catalogue ORDER BY obstime',
    );
  const statusOf = async (reference: string): Promise<string | undefined> =>
    (await scenes()).find((scene) => scene.reference === reference)?.status;

  it('passes the test that the page has for it', async () => {
    const test = promisify(execFile)(process.execPath, ['--test', card.path('test/cards/l2.test.js')], {
      env: { PATH: process.env.PATH },
    });
    assert.match((await test).stdout, /# pass 5\n# fail 0/);
  });

  it('is listed by day, by its tiles', async () => {
    await put(LISTED, `Landsat/L2/2024/03/04/${LISTED}`);
    const sync = ['catalogue', 'sync', '--listing', 'l2', ...PERIOD];
    assert.match(await does(...sync, '--tiles', 'g041'), /^0 items of listing l2 G041/);
    assert.match(await does(...sync, '--tiles', 'G042'), /^1 items of listing l2 G042: 1 entered/);
    assert.deepEqual(await scenes(), [{ reference: LISTED, card: 'l2', sensor: 'L8', status: 'ingested' }]);
  });

  it('is looked at by the doctor', async () => {
    const { output } = await ended(command('doctor'));
    assert.match(output, /rows of l2 can be stored/);
    assert.match(output, /l2: 1 ingested/);
  });

  it('is forecast, histograms and all', async () => {
    const told = JSON.parse(await does('campaign', 'forecast', '--card', 'l2', '--json')) as Forecast;
    assert.deepEqual([told.waiting, told.campaign.bands], [1, ['RED', 'NIR', 'CLS']]);
    assert.ok(told.parcels.met > 10, String(told.parcels.met));
    assert.deepEqual([told.rows.results, told.rows.hists], [3 * told.parcels.met, told.parcels.met]);
    assert.deepEqual(told.download.incomplete, {});
    const { bytes } = told.download;
    assert.equal(bytes, await sizeOf(`Landsat/L2/2024/03/04/${LISTED}`));
    // Two seconds a scene, the bytes at the type's own speed, and the rows.
    const seconds = 2 + bytes / 100e6 + told.rows.results / 300_000;
    assert.ok(Math.abs(told.time.workSeconds - seconds) < 1e-6, String(told.time.workSeconds));
  });

  it('is extracted by a campaign, and ends in its own word where an object is missing', async () => {
    const missing = LISTED.replace('L8_20240304', 'L9_20240305');
    await put(missing, `Landsat/L2/2024/03/05/${missing}`);
    await does('catalogue', 'sync', '--listing', 'l2', ...PERIOD);
    await rm(join(place.bucket, `Landsat/L2/2024/03/05/${missing}/${missing}_CLS.tif`));
    await does('campaign', 'run', '--card', 'l2');
    assert.deepEqual([await statusOf(LISTED), await statusOf(missing)], ['extracted', 'No CLS']);
  });

  it("is synced from STAC, and read at its assets' addresses", async () => {
    await publish(ELSEWHERE);
    const out = await does('catalogue', 'sync', '--stac', api.url, '--collection', 'regional-l2', ...PERIOD);
    assert.match(out, /: 1 entered, 0 known already/);
    const shown = await does('catalogue', 'show', ELSEWHERE);
    assert.match(shown, /tile +G042/);
    assert.match(shown, new RegExp(`CLS +s3://.*/deliveries/${ELSEWHERE}/${ELSEWHERE}_CLS.tif`));
    assert.doesNotMatch(shown, /thumbnail|png/);
    await does('campaign', 'run', '--card', 'l2');
    assert.equal(await statusOf(ELSEWHERE), 'extracted');
  });

  it('is extracted by a schedule as it is published', async () => {
    await publish(SCHEDULED);
    const source = ['--stac', api.url, '--collection', 'regional-l2', '--cloud', '60'];
    await does('schedule', 'create', 'l2', '--card', 'l2', '--every', '1d', ...source, ...PERIOD);
    await does('schedule', 'trigger', 'l2');
    await until('it is extracted', async () => (await statusOf(SCHEDULED)) === 'extracted', 120);
    await does('schedule', 'delete', 'l2');
  });

  it('is in the views, with the clouds of its own classes', async () => {
    const rows = await query<{ hist: Record<string, number>; cloud: number; tile: string; bands: string[] }>(
      place.database.pool,
      `SELECT h.hist, o.cloud, o.tile,
              ARRAY(SELECT band::text FROM parcelwise.sigs_best b WHERE (b.pid, b.obsid) = (o.pid, o.obsid) ORDER BY 1) AS bands
       FROM parcelwise.sigs_observations o JOIN hists h ON (h.pid, h.obsid) = (o.pid, o.obsid)
       WHERE o.card = 'l2' AND o.best`,
    );
    assert.ok(rows.length > 30, String(rows.length));
    assert.ok(new Set(rows.map(({ cloud }) => cloud)).size > 3);
    for (const { hist, cloud, tile, bands } of rows) {
      const all = Object.values(hist).reduce((sum, count) => sum + count, 0);
      const clouded = (hist['3'] ?? 0) + (hist['4'] ?? 0);
      assert.ok(Math.abs(cloud - (100 * clouded) / all) < 1e-4, JSON.stringify({ hist, cloud }));
      assert.deepEqual([tile, bands], ['G042', ['CLS', 'NIR', 'RED']]);
    }
  });

  it('is unknown to this build, whose command names those there are', async () => {
    const own = new Command(['campaign', 'forecast', '--card', 'l2'], {}, { cwd: place.folder });
    assert.notEqual(await own.end(), 0);
    assert.match(own.output, /Allowed choices are s2, bs, c6/);
  });
});

/** Waits for the end of a command, whatever it is. */
async function ended(running: Command): Promise<Command> {
  await running.end();
  return running;
}
