/** The made-up season: the same from the same seed, true to the products it imitates, plausible to a farmer. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { fromFile } from 'geotiff';
import { GRID_10M } from '../../demo/season/area.js';
import type { OpticalScene, SeasonScene } from '../../demo/season/calendar.js';
import { CROPS, type Crop } from '../../demo/season/crops.js';
import { ground } from '../../demo/season/ground.js';
import type { Field } from '../../demo/season/landscape.js';
import { painter, type PaintedBand } from '../../demo/season/painter.js';
import { pixelsInside } from './pixels-inside.js';
import type { SceneFile } from '../../demo/season/safe-product.js';
import { sceneFiles } from '../../demo/season/scene-writer.js';
import { makeSeason } from '../../demo/season/season.js';
import { toLonLat } from '../../demo/season/utm.js';
import { world } from '../../demo/season/world.js';
import { openRaster, PIXEL_ARRAYS } from '../../rasters/index.js';

const SEED = 7;
const run = promisify(execFile);
const made = world(SEED);
const paintAnew = painter(made);
const painted = new Map<SeasonScene, PaintedBand[]>();

/** A scene's pixels, painted once for all tests. */
function paint(scene: SeasonScene): PaintedBand[] {
  const bands = painted.get(scene) ?? paintAnew(scene);
  painted.set(scene, bands);
  return bands;
}

const encoded = new Map<SeasonScene, Promise<SceneFile[]>>();

/** A scene's files, encoded once for all tests. */
function encode(scene: SeasonScene): Promise<SceneFile[]> {
  const files = encoded.get(scene) ?? sceneFiles(scene, paint(scene));
  encoded.set(scene, files);
  return files;
}

function sceneOf(day: string, card: SeasonScene['card']): SeasonScene {
  const found = made.scenes.find((scene) => scene.card === card && scene.obstime.startsWith(day));
  assert.ok(found, `no ${card} scene on ${day}`);
  return found;
}

function bandOf(bands: readonly PaintedBand[], name: string): PaintedBand {
  const found = bands.find(({ band }) => band === name);
  assert.ok(found, `no band ${name}`);
  return found;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** NDVI of the mean reflectances of each of some fields of a crop that lie inside the tile. */
function ndvi(bands: readonly PaintedBand[], crop: Crop): number[] {
  const fields = made.patches.filter(
    (patch): patch is Field => patch.kind === 'field' && patch.crop === crop,
  );
  return fields.slice(0, 60).flatMap(({ parts }) => {
    const red = pixelsInside(parts, bandOf(bands, 'B04'));
    const nir = pixelsInside(parts, bandOf(bands, 'B08'));
    if (red.length < 20) return [];
    const [r, n] = [mean(red) - 1000, mean(nir) - 1000];
    return [(n - r) / (n + r)];
  });
}

describe('the season', () => {
  const clear = sceneOf('2024-09-21', 's2') as OpticalScene;
  const wedge = sceneOf('2024-04-06', 's2') as OpticalScene;
  const backscatter = sceneOf('2024-07-02', 'bs');
  const coherence = sceneOf('2024-05-29', 'c6');
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-season-'));
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function written(scene: SeasonScene, ending: string): Promise<string> {
    const file = (await encode(scene)).find(({ key }) => key.endsWith(ending));
    assert.ok(file, `no file ${ending}`);
    const path = join(folder, file.key);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file.bytes);
    return path;
  }

  it('is the same again from the same seed, and another from another', async () => {
    const again = world(SEED);
    assert.deepEqual(again.parcels, made.parcels);
    assert.notDeepEqual(world(SEED + 1).parcels, made.parcels);
    const paintAgain = painter(again);
    for (const scene of [wedge, backscatter, coherence]) {
      const [first, second] = [await encode(scene), await sceneFiles(scene, paintAgain(scene))];
      assert.deepEqual(
        first.map(({ key }) => key),
        second.map(({ key }) => key),
      );
      first.forEach(({ key, bytes }, i) => {
        assert.ok(bytes.equals(second[i]!.bytes), key);
      });
    }
  });

  it('has the scenes, parcels and awkward rows a demo needs', () => {
    const count = (card: string): number => made.scenes.filter((scene) => scene.card === card).length;
    assert.ok(count('s2') >= 12 && count('bs') === 6 && count('c6') === 4);
    assert.equal(new Set(made.scenes.map(({ reference }) => reference)).size, made.scenes.length);
    assert.ok(made.parcels.length > 1700 && made.parcels.length < 2400, `${made.parcels.length} parcels`);
    assert.deepEqual(
      made.parcels.map(({ fid }) => fid),
      made.parcels.map((_, i) => i + 1),
    );
    const parts = made.parcels.map((parcel) => parcel.parts ?? []);
    assert.ok(parts.filter((polygons) => polygons.length > 1).length > 40, 'multi-part parcels');
    assert.ok(parts.filter(([first]) => first && first.length > 1).length > 20, 'parcels with a pond');
    assert.equal(parts.filter((polygons) => polygons.length === 0).length, 1, 'one without geometry');
    for (const crop of Object.keys(CROPS))
      assert.ok(
        made.parcels.some((parcel) => parcel.crop === crop),
        crop,
      );
  });

  it('paints each field on the pixels inside its polygon, and nothing else there', () => {
    const { labels, grid } = ground(SEED, made.patches, GRID_10M);
    const painted = new Map<number, number>();
    for (const label of labels) painted.set(label, (painted.get(label) ?? 0) + 1);
    made.patches.forEach((patch, i) => {
      if (patch.kind !== 'field') return;
      const inside = pixelsInside(patch.parts, { grid, pixels: labels });
      assert.ok(
        inside.every((label) => label === i + 1),
        `field ${patch.field} is overlapped`,
      );
      assert.equal(inside.length, painted.get(i + 1) ?? 0, `field ${patch.field}`);
    });
  });

  it('gives each Sentinel-2 scene an orbit number on its track', () => {
    const optical = made.scenes.filter((scene): scene is OpticalScene => scene.card === 's2');
    // Numbers of the first orbits of track 143 of both satellites, from their published orbit tables.
    for (const { absoluteOrbit, sensor, track, reference } of optical) {
      assert.equal((absoluteOrbit - (sensor === '2A' ? 140 : 26)) % 143, track, reference);
    }
  });

  it('knows longitude and latitude as PROJ does', () => {
    const [longitude, latitude] = toLonLat([681_490, 5_838_550], 31);
    assert.ok(Math.abs(longitude - 5.68397478469176) < 1e-7);
    assert.ok(Math.abs(latitude - 52.6664687277226) < 1e-7);
  });

  it('writes files that our readers open to the painted pixels, the tiles at the edges too', async () => {
    await written(backscatter, 'Gamma0_VH.hdr');
    const cases = [
      { scene: wedge, name: 'B04', ending: '_B04_10m.jp2', number: 1, type: 'uint16', block: 512 },
      { scene: wedge, name: 'B08', ending: '_B08_10m.jp2', number: 1, type: 'uint16', block: 512 },
      { scene: wedge, name: 'SCL', ending: '_SCL_20m.jp2', number: 1, type: 'uint8', block: 256 },
      { scene: backscatter, name: 'VH', ending: 'Gamma0_VH.img', number: 1, type: 'float32' },
      { scene: coherence, name: 'VH', ending: '.tif', number: 2, type: 'float32', block: 256 },
    ] as const;
    for (const { scene, name, ending, number, type, ...tiled } of cases) {
      const { grid, pixels } = bandOf(paint(scene), name);
      const raster = await openRaster(await written(scene, ending));
      assert.deepEqual(raster.grid, grid);
      assert.equal(raster.pixelType, type);
      if ('block' in tiled) assert.equal(raster.block.width, tiled.block);
      const read = new PIXEL_ARRAYS[type](grid.width * grid.height);
      const window = { column: 0, row: 0, width: grid.width, height: grid.height };
      await raster.readWindow(number, window, { pixels: read, offset: 0, stride: grid.width });
      await raster.close();
      assert.ok(Buffer.from(read.buffer).equals(Buffer.from(pixels.buffer)), `${name} of ${scene.reference}`);
    }
  });

  it('writes a GeoTIFF of two bands that the geotiff package opens to the painted pixels', async () => {
    const bands = paint(coherence);
    const image = await (await fromFile(await written(coherence, '.tif'))).getImage();
    const { grid } = bandOf(bands, 'VV');
    assert.deepEqual(image.getOrigin().slice(0, 2), [grid.originX, grid.originY]);
    assert.deepEqual(image.getResolution().slice(0, 2), [grid.stepX, grid.stepY]);
    assert.equal(image.getGeoKeys()?.ProjectedCSTypeGeoKey, 32631);
    const rasters = await image.readRasters();
    assert.deepEqual(rasters[0], bandOf(bands, 'VV').pixels);
    assert.deepEqual(rasters[1], bandOf(bands, 'VH').pixels);
  });

  it('writes files that GDAL reads as they were meant', async (test) => {
    const missing = await run('gdal_translate', ['--version']).then(
      () => false,
      () => true,
    );
    if (missing) {
      test.skip('GDAL is not installed');
      return;
    }
    const cases: [SeasonScene, string, string, number][] = [
      [wedge, 'B08', '_B08_10m.jp2', 1],
      [wedge, 'SCL', '_SCL_20m.jp2', 1],
      [backscatter, 'VH', 'Gamma0_VH.img', 1],
      [coherence, 'VH', '.tif', 2],
    ];
    for (const [scene, name, ending, number] of cases) {
      const bands = paint(scene);
      const { grid, pixels } = bandOf(bands, name);
      const path = await written(scene, ending);
      if (scene.card === 'bs') await written(scene, ending.replace('.img', '.hdr'));
      const { stdout } = await run('gdalinfo', ['-json', path]);
      const info = JSON.parse(stdout) as {
        size: number[];
        geoTransform: number[];
        coordinateSystem: { wkt: string };
      };
      assert.deepEqual(info.size, [grid.width, grid.height]);
      // GDAL may say -0 where a grid is not turned.
      const transform = info.geoTransform.map((value) => value + 0);
      assert.deepEqual(transform, [grid.originX, grid.stepX, 0, grid.originY, 0, grid.stepY]);
      assert.match(info.coordinateSystem.wkt, /ID\["EPSG",32631\]\]$/);
      const plain = join(folder, 'plain.img');
      await run('gdal_translate', ['-q', '-of', 'ENVI', '-b', String(number), path, plain]);
      assert.ok((await readFile(plain)).equals(Buffer.from(pixels.buffer)), `${name} of ${scene.reference}`);
    }
  });

  it('leaves no data beyond the edge of a swath, in reflectances and classes alike', () => {
    const bands = paint(wedge);
    const [red, classes] = [bandOf(bands, 'B04'), bandOf(bands, 'SCL')];
    const share = red.pixels.filter((value) => value === 0).length / red.pixels.length;
    assert.ok(share > 0.25 && share < 0.35, `${share}`);
    for (const [row, column] of [
      [0, 0],
      [1097, 0],
      [0, 1097],
      [1097, 1097],
    ] as const) {
      const empty = red.pixels[row * 1098 + column] === 0;
      assert.equal(classes.pixels[(row >> 1) * 549 + (column >> 1)] === 0, empty);
    }
    assert.ok(!paint(clear).some(({ pixels }) => pixels.includes(0)));
  });

  it('covers about the share of the sky that the calendar says, and brightens clouds, darkens shadows', () => {
    const scene = sceneOf('2024-05-19', 's2') as OpticalScene;
    const bands = paint(scene);
    const [nir, classes] = [bandOf(bands, 'B08'), bandOf(bands, 'SCL')];
    const sums = Array.from({ length: 12 }, () => ({ count: 0, sum: 0 }));
    classes.pixels.forEach((value, i) => {
      const below = sums[value]!;
      below.count++;
      below.sum += nir.pixels[2 * Math.floor(i / 549) * 1098 + 2 * (i % 549)]!;
    });
    const share = classes.pixels.filter((value) => value === 8 || value === 9).length / classes.pixels.length;
    assert.ok(Math.abs(share - scene.clouds) < 0.08, `${share}`);
    const middle = (value: number): number => sums[value]!.sum / sums[value]!.count;
    assert.ok(middle(9) > middle(4) && middle(3) < middle(4));
  });

  it('lets crops rise and fall in their own time', () => {
    const spring = paint(sceneOf('2024-04-24', 's2'));
    const summer = paint(sceneOf('2024-08-07', 's2'));
    const autumn = paint(clear);
    const wheat = [spring, summer].map((bands) => mean(ndvi(bands, 'winter wheat')));
    assert.ok(wheat[0]! > 0.65 && wheat[1]! < 0.45, `winter wheat ${wheat.join()}`);
    const beet = [spring, summer, autumn].map((bands) => mean(ndvi(bands, 'sugar beet')));
    assert.ok(beet[0]! < 0.3 && beet[1]! > 0.8 && beet[2]! > 0.8, `sugar beet ${beet.join()}`);
    const potatoes = [spring, summer, autumn].map((bands) => mean(ndvi(bands, 'potatoes')));
    assert.ok(potatoes[0]! < 0.3 && potatoes[1]! > 0.75 && potatoes[2]! < 0.5, `potatoes ${potatoes.join()}`);
    const grass = ndvi(summer, 'permanent grassland');
    assert.ok(Math.min(...grass) > 0.4 && Math.max(...grass) - Math.min(...grass) > 0.05, 'grassland varies');
  });
});

describe('makeSeason', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-season-'));
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('takes what an earlier run made, and makes it anew when a file or the seed has changed', async () => {
    const progress: number[] = [];
    const options = { folder, seed: SEED, cards: ['c6'] as const };
    const first = await makeSeason({ ...options, report: ({ done }) => progress.push(done) });
    assert.equal(first.reused, false);
    assert.deepEqual(progress, [1, 2, 3, 4]);
    const second = await makeSeason(options);
    assert.equal(second.reused, true);
    assert.equal(second.bytes, first.bytes);
    assert.deepEqual(second.scenes, first.scenes);

    const scene = first.scenes[0]!;
    const [file] = await sceneFiles(scene, paintAnew(scene));
    const path = join(folder, file!.key);
    assert.ok((await readFile(path)).equals(file!.bytes), 'threads write what is painted here');
    await writeFile(path, 'cut short');
    assert.equal((await makeSeason(options)).reused, false);
    assert.equal((await stat(path)).size, file!.bytes.length);

    const other = await makeSeason({ ...options, seed: SEED + 1 });
    assert.equal(other.reused, false);
    assert.ok(!(await readFile(path)).equals(file!.bytes));
  });
});
