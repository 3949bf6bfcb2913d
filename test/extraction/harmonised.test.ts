import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type ExtractBand, extractChunk } from '../../extraction/extract.js';
import { OpenRasters } from '../../extraction/open-rasters.js';
import { CoverageBuilder, ParcelSetBuilder } from '../../zonal/index.js';
import { STATISTIC_COLUMNS } from '../../database/results/statistic-columns.js';

const GRID = { epsg: 32631, width: 4, height: 2, originX: 600000, originY: 5800020, stepX: 10, stepY: -10 };
/** No-data, a saturated pixel, and six measurements. */
const PIXELS = [0, 1100, 1200, 65535, 1300, 1400, 1500, 1600];
/** A file of signed words with a no-data value of its own; 1000 is a reflectance of nothing, and a measurement. */
const SIGNED = [0, 32767, 1000, 32767, 3000, 3000, 32767, 1000];

/** A rectangle over the whole grid, as well-known binary. */
function wholeGrid(): Buffer {
  const [x0, y1, x1, y0] = [600000, 5800020, 600040, 5800000];
  const ring = [x0, y0, x1, y0, x1, y1, x0, y1, x0, y0];
  const wkb = Buffer.alloc(13 + 8 * ring.length);
  wkb.writeUInt8(1, 0);
  wkb.writeUInt32LE(3, 1);
  wkb.writeUInt32LE(1, 5);
  wkb.writeUInt32LE(ring.length / 2, 9);
  ring.forEach((value, i) => wkb.writeDoubleLE(value, 13 + 8 * i));
  return wkb;
}

describe('extractChunk', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-harmonised-'));
    const write = async (name: string, pixels: Uint16Array | Int16Array, dataType: number) => {
      await writeFile(join(folder, `${name}.img`), Buffer.from(pixels.buffer));
      await writeFile(
        join(folder, `${name}.hdr`),
        `ENVI\nsamples = 4\nlines = 2\nbands = 1\nheader offset = 0\ndata type = ${dataType}\ninterleave = bsq\nbyte order = 0\n` +
          `map info = {UTM, 1, 1, 600000, 5800020, 10, 10, 31, North, WGS-84, units=Meters}\n`,
      );
    };
    await write('b04', new Uint16Array(PIXELS), 12);
    await write('signed', new Int16Array(SIGNED), 2);
  });
  after(() => rm(folder, { recursive: true }));

  /** The one row's statistics as they lie in the COPY body: eight big-endian doubles, each behind its length. */
  const statistics = async (
    harmonised: ExtractBand['harmonised'],
    { file = 'b04', pixelType = 'uint16', noData = undefined as number | undefined } = {},
  ) => {
    const box = { minX: 0, minY: 0, maxX: 1, maxY: 1 };
    const set = new ParcelSetBuilder();
    set.add(7, box, wholeGrid());
    const coverage = new CoverageBuilder(GRID);
    coverage.add(set.finish());
    const rowsPath = join(folder, 'rows');
    await extractChunk(
      {
        kind: 'extract',
        obsid: 1,
        chunk: { chunk: 0, firstPid: 1, lastPid: 9 },
        bands: [
          {
            name: 'B04',
            path: join(folder, `${file}.img`),
            rasterBand: 1,
            pixelType: pixelType as ExtractBand['pixelType'],
            noData: noData === undefined ? [] : [noData],
            harmonised,
            histogram: false,
            plane: undefined,
            coverage: 0,
          },
        ],
        coverages: [coverage.finish().buffer],
        footprint: box,
        outside: [],
        rowsPath,
        histsPath: join(folder, 'hists'),
        table: { statBytes: 8, statistics: STATISTIC_COLUMNS },
        jsonb: false,
      },
      new OpenRasters(),
    );
    const rows = await readFile(rowsPath);
    const first = 19 + 2 + 8 + 8 + 7;
    return Array.from({ length: 8 }, (_, i) => rows.readDoubleBE(first + 12 * i + 4));
  };

  it('takes raw numbers as they are, 65535 too', async () => {
    const [count, , , min, max] = await statistics(undefined);
    assert.deepEqual([count, min, max], [7, 1100, 65535]);
  });

  it('adds the offset to harmonised numbers, keeps 0 as no-data and leaves saturated pixels out', async () => {
    const [count, mean, std, min, max, p25, p50, p75] = await statistics({
      offset: -1000,
      scale: 1,
      saturated: 65535,
    });
    assert.deepEqual([count, mean, min, max, p25, p50, p75], [6, 350, 100, 600, 225, 350, 475]);
    assert.ok(Math.abs(std! - Math.sqrt(175000 / 6)) < 1e-9);
  });

  it('scales after the offset', async () => {
    const [, mean, , min, max] = await statistics({ offset: -1000, scale: 10, saturated: 65535 });
    assert.deepEqual([mean, min, max], [3500, 1000, 6000]);
  });

  it("leaves the file's own no-data out beside saturated pixels, and keeps a reflectance of 0", async () => {
    const signed = { file: 'signed', pixelType: 'int16', noData: 32767 };
    const raw = await statistics(undefined, signed);
    assert.deepEqual(raw.slice(0, 2), [4, 2000]);
    const [count, mean, std, min, max, p25, p50, p75] = await statistics(
      { offset: -1000, scale: 1, saturated: 65535 },
      signed,
    );
    assert.deepEqual([count, mean, std, min, max, p25, p50, p75], [4, 1000, 1000, 0, 2000, 0, 1000, 2000]);
    const both = await statistics({ offset: -1000, scale: 1, saturated: 65535 }, { noData: 1600 });
    assert.deepEqual([both[0], both[4]], [5, 500]);
  });
});
