/** Histograms of a map of classes: one a row, since readers join the two, and none of a parcel without one. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { extractChunk } from '../../extraction/extract.js';
import { OpenRasters } from '../../extraction/open-rasters.js';
import { ParcelHistograms } from '../../extraction/parcel-histograms.js';
import { CoverageBuilder, ParcelSetBuilder } from '../../zonal/index.js';
import { STATISTIC_COLUMNS } from '../../database/results/statistic-columns.js';

const GRID = { epsg: 32631, width: 8, height: 1, originX: 600000, originY: 5800010, stepX: 10, stepY: -10 };
/** Vegetation and a cloud; no data at all; one measured pixel beside one without; the no-data of the file. */
const CLASSES = Uint8Array.of(4, 9, 0, 0, 0, 5, 255, 255);
const BOX = { minX: 0, minY: 0, maxX: 1, maxY: 1 };

/** The rectangle of two pixels of which parcel `pid` (1 to 4) is made, as well-known binary. */
function shapeOf(pid: number): Buffer {
  const [x0, x1] = [600000 + 20 * (pid - 1), 600000 + 20 * pid];
  const [y0, y1] = [5800000, 5800010];
  const ring = [x0, y0, x1, y0, x1, y1, x0, y1, x0, y0];
  const wkb = Buffer.alloc(13 + 8 * ring.length);
  wkb.writeUInt8(1, 0);
  wkb.writeUInt32LE(3, 1);
  wkb.writeUInt32LE(1, 5);
  wkb.writeUInt32LE(ring.length / 2, 9);
  ring.forEach((value, i) => wkb.writeDoubleLE(value, 13 + 8 * i));
  return wkb;
}

/** Parcels and histograms of a binary COPY body of (pid, obsid, hist). */
function unpack(body: Buffer): [pid: number, hist: unknown][] {
  const found: [number, unknown][] = [];
  for (let at = 19; body.readInt16BE(at) === 3;) {
    const length = body.readInt32BE(at + 18);
    const hist: unknown = JSON.parse(body.subarray(at + 22, at + 22 + length).toString());
    found.push([body.readInt32BE(at + 6), hist]);
    at += 22 + length;
  }
  return found;
}

describe('histograms of classes', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-classes-'));
    await writeFile(join(folder, 'scl.img'), CLASSES);
    await writeFile(
      join(folder, 'scl.hdr'),
      'ENVI\nsamples = 8\nlines = 1\nbands = 1\nheader offset = 0\ndata type = 1\ninterleave = bsq\nbyte order = 0\n' +
        'map info = {UTM, 1, 1, 600000, 5800010, 10, 10, 31, North, WGS-84, units=Meters}\n',
    );
  });
  after(() => rm(folder, { recursive: true }));

  it('are kept of the parcels that have a row, and of no others', async () => {
    const set = new ParcelSetBuilder();
    for (const pid of [1, 2, 3, 4]) set.add(pid, BOX, shapeOf(pid));
    const coverage = new CoverageBuilder(GRID);
    coverage.add(set.finish());
    const histsPath = join(folder, 'hists');
    const report = await extractChunk(
      {
        kind: 'extract',
        obsid: 1,
        chunk: { chunk: 0, firstPid: 1, lastPid: 9 },
        bands: [
          {
            ...{ name: 'SC', path: join(folder, 'scl.img'), rasterBand: 1, pixelType: 'uint8' },
            ...{ noData: [255], harmonised: undefined, histogram: true, plane: undefined, coverage: 0 },
          },
        ],
        ...{ coverages: [coverage.finish().buffer], footprint: BOX, outside: [9] },
        ...{
          rowsPath: join(folder, 'rows'),
          histsPath,
          table: { statBytes: 8, statistics: STATISTIC_COLUMNS },
          jsonb: false,
        },
      },
      new OpenRasters(),
    );
    assert.deepEqual([report.parcels, report.rows, report.hists], [5, 2, 2]);
    assert.deepEqual(
      unpack(await readFile(histsPath)).map(([pid]) => pid),
      [1, 3],
    );
    const reasons = report.gaps.flatMap(({ reason, pids }) => Array.from(pids, (pid) => [pid, reason]));
    assert.deepEqual(reasons.sort(), [
      [2, 'no-data'],
      [4, 'no-data'],
      [9, 'outside'],
    ]);
    assert.deepEqual(unpack(await readFile(histsPath))[0]![1], { 4: 1, 9: 1 });
  });

  it('are refused with the name of the file where a number is no class', () => {
    const histograms = new ParcelHistograms({ path: 'scl.img', pixelType: 'uint16' }, []);
    const count = (...numbers: number[]) =>
      histograms.count(Uint16Array.from(numbers), Int32Array.of(0), Uint16Array.of(2), 0, 1);
    assert.equal(count(4, 255)[255], 1);
    assert.throws(() => count(4, 256), { name: 'RasterError', message: /^scl\.img: .* values above 255/ });
  });
});
