import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { jp2File } from '../../demo/season/jp2-file.js';
import type { RasterGrid } from '../../rasters/index.js';
import { Consumer } from './consumer.js';

const LIBRARY = readFileSync(new URL('../../../docs/library.md', import.meta.url), 'utf8');
/** The programs of docs/library.md, in its order. */
const [measuring, following] = [...LIBRARY.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code]) => code!);

/** The page's raster, in tiles of 64 x 64; each pixel tells its row (hundreds) and column. */
const GRID: RasterGrid = {
  epsg: 32631,
  width: 128,
  height: 128,
  originX: 600_000,
  originY: 5_700_000,
  stepX: 10,
  stepY: -10,
};
const PIXELS = Uint16Array.from(
  { length: GRID.width * GRID.height },
  (_, i) => 100 * Math.floor(i / GRID.width) + (i % GRID.width),
);

/** What the page's program says first. */
const FIRST = [
  'JPEG 2000: 128 x 128 pixels of uint16, EPSG:32631',
  'eight of them: 1020 1021 1022 1023 1120 1121 1122 1123',
];

describe('the package, packed and installed in an empty folder', () => {
  let consumer: Consumer;

  before(async () => {
    consumer = await Consumer.install();
    await consumer.write('B04.jp2', await jp2File(PIXELS, GRID, { bits: 15, tileSize: 64 }));
  });

  after(async () => {
    await consumer.remove();
  });

  it('holds what runs, its types and pages, and neither tests nor benchmarks nor what builds it', () => {
    const { packed } = consumer;
    const needed = [
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'docs/library.md',
      'dist/workflow-bundle.js',
      'dist/zonal/kernel.wasm',
      'dist/rasters/jpeg2000/kernel.wasm',
      ...['client', 'zonal', 'rasters'].flatMap((room) => [
        `dist/${room}/index.js`,
        `dist/${room}/index.d.ts`,
      ]),
    ];
    assert.deepEqual(
      needed.filter((path) => !packed.includes(path)),
      [],
    );
    const kept = packed.filter((path) =>
      /^(dist\/(test|bench)\/|test|bench)|\.map$|\/build\.|tsbuildinfo/.test(path),
    );
    assert.deepEqual(kept, []);
  });

  it('has a command', async () => {
    const help = await consumer.run('npx', ['parcelwise', '--help']);
    assert.match(help, /^Usage: parcelwise/);
  });

  it('decodes a band and measures a polygon as docs/library.md does, without another type of anybody', async () => {
    await consumer.write('measuring.ts', measuring!);
    await consumer.compile('measuring.ts');
    const said = (await consumer.run(process.execPath, ['measuring.js'])).trim().split('\n');
    assert.deepEqual(said.slice(0, 2), FIRST);
    const { count, mean, median } = underTriangle();
    assert.deepEqual(said.slice(2), [
      `parcel 17: ${count} pixels, mean ${mean.toFixed(2)}, median ${median}`,
    ]);
  });

  it('does so in a thread, too', async () => {
    await consumer.write(
      'thread.js',
      `import { Worker } from 'node:worker_threads'; new Worker(new URL('./measuring.js', import.meta.url));`,
    );
    assert.match(await consumer.run(process.execPath, ['thread.js']), /^parcel 17: \d+ pixels, mean/m);
  });

  it('is had by a CommonJS program, too', async () => {
    const names = `Promise.all(['', '/rasters', '/zonal'].map((room) => import('parcelwise' + room))).then(
      ([{ startCampaign }, { openRaster }, { zonalStatistics }]) => console.log(startCampaign.name, openRaster.name, zonalStatistics.name));`;
    await consumer.write('old.cjs', names);
    const said = await consumer.run(process.execPath, ['old.cjs']);
    assert.equal(said, 'startCampaign openRaster zonalStatistics\n');
  });

  it('starts and ends a campaign', async () => {
    await consumer.write('following.ts', following!);
    await consumer.compile('following.ts', ['--skipLibCheck']);
    await consumer.write(
      'campaign.js',
      `import { campaignOf, cancelCampaign, connectTemporal, describeCampaign, startCampaign } from 'parcelwise';
      const { client, connection } = await connectTemporal();
      await startCampaign(client, 'of-a-package', { card: 's2' });
      const campaign = campaignOf(client, 'of-a-package');
      console.log((await describeCampaign(campaign)).status.name);
      await cancelCampaign(campaign);
      await campaign.terminate();
      await connection.close();`,
    );
    const env = { TEMPORAL_ADDRESS: process.env.PARCELWISE_TEST_TEMPORAL! };
    assert.equal(await consumer.run(process.execPath, ['campaign.js'], env), 'RUNNING\n');
  });

  it('can be entered by its three modules only', async () => {
    const inner = `import('parcelwise/dist/zonal/kernel.js').catch((error) => console.log(error.code))`;
    const said = await consumer.run(process.execPath, ['--eval', inner]);
    assert.equal(said, 'ERR_PACKAGE_PATH_NOT_EXPORTED\n');
  });

  it('does the whole job on its made-up season', async () => {
    const account = await consumer.run('npx', ['parcelwise', 'demo']);
    assert.match(account, /26 scenes, 1,886 parcels, 140,218 rows and 67,887 clear ones/);
    assert.match(account, /NDVI of parcel/);
  });
});

/** The statistics of the page's triangle, told anew: a pixel counts where its centre lies below the slope. */
function underTriangle(): { count: number; mean: number; median: number } {
  const values: number[] = [];
  for (let row = 0; row < GRID.height; row++)
    for (let column = 0; column < GRID.width; column++) {
      const x = GRID.originX + 10 * (column + 0.5);
      const y = GRID.originY - 10 * (row + 0.5);
      const right = x > 600_203 && y > 5_699_851;
      if (right && y < 5_699_893 - ((x - 600_203) * 42) / 60) values.push(PIXELS[row * GRID.width + column]!);
    }
  values.sort((a, b) => a - b);
  const middle = (values.length - 1) / 2;
  const median = (values[Math.floor(middle)]! + values[Math.ceil(middle)]!) / 2;
  return { count: values.length, mean: values.reduce((a, b) => a + b) / values.length, median };
}
