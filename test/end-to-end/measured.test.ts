/**
 * Campaigns that measure more than bands as they are, by the command, a worker process, Temporal, PostGIS and S3: shares of
 * pixels, clear rows with a buffer of their own, indices of reflectance and of backscatter.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { PaintedBand } from '../../demo/season/painter.js';
import { skipWithoutServer } from '../database/database.js';
import { pixelsInside } from '../demo/pixels-inside.js';
import { skipWithoutTemporal } from '../workflows/server.js';
import { slowStatistics } from '../zonal/slow-statistics.js';
import { Command } from './command.js';
import { skipWithoutStore } from './gateway.js';
import { type Asked, makeTestSeason, type TestSeason } from './season.js';
import { WorkerProcesses } from './worker-processes.js';

const skip = skipWithoutServer || skipWithoutTemporal || skipWithoutStore;
const [INNER_BUFFER_M, CLEAR_BUFFER_M, WIDEN_M] = [2, 7, 20];
const UNCLEAR = [0, 1, 3, 8, 9, 10, 11];
const SHARES: Asked = {
  ...{ card: 's2', name: 'shares', clear: true },
  args: {
    ...{ bands: 'B04,NDVI', pixels: 'fraction', inner_buffer_m: INNER_BUFFER_M },
    clear: { widen_m: WIDEN_M, inner_buffer_m: CLEAR_BUFFER_M },
  },
};
const RADAR: Asked = { card: 'bs', name: 'radar', args: { bands: ['VV', 'CR', 'RVI'] } };

/** How much of each pixel of 10 m some valid parcels cover, shrunken by $1 metres; $2 and $3 are the grid's corner. */
const COVERED = `
  WITH parcel AS (
    SELECT ogc_fid AS pid, ST_Buffer(ST_Transform(wkb_geometry, 32631), -$1::float8, 'quad_segs=8') AS shape
    FROM ms.parcels_2024 WHERE ST_Area(wkb_geometry) > 3000 AND ST_IsValid(wkb_geometry) AND ogc_fid % 60 = 7),
  pixel AS (
    SELECT pid, shape, r, c, ST_MakeEnvelope($2 + 10 * c, $3 - 10 * r - 10, $2 + 10 * c + 10, $3 - 10 * r, 32631) AS square
    FROM parcel,
      generate_series(floor(($3 - ST_YMax(shape)) / 10)::int, floor(($3 - ST_YMin(shape)) / 10)::int) AS r,
      generate_series(floor((ST_XMin(shape) - $2) / 10)::int, floor((ST_XMax(shape) - $2) / 10)::int) AS c)
  SELECT pid, r AS row, c AS column, ST_Area(ST_Intersection(shape, square)) / 100 AS share
  FROM pixel WHERE ST_Intersects(shape, square)`;

interface Covered {
  readonly pid: number;
  readonly row: number;
  readonly column: number;
  readonly share: number;
}

describe('a campaign that measures more', { skip }, () => {
  let season: TestSeason;
  let workers: WorkerProcesses;

  before(async () => {
    season = await makeTestSeason([SHARES, RADAR]);
    workers = await WorkerProcesses.open(join(season.folder, 'scratch'));
    const { files } = await season.config('s2', SHARES.name);
    await workers.start(files);
  });
  after(async () => {
    await workers.close();
    await season.close();
  });

  /** Runs the campaign and its audit. */
  async function run({ card, name }: Asked): Promise<void> {
    const { files, dbConfig } = await season.config(card, name);
    for (const words of [
      ['campaign', 'run', '--card', card, '--wait', ...files],
      ['audit', '--db-config', dbConfig],
    ]) {
      const command = new Command(words, workers.env);
      assert.equal(await command.end(), 0, command.output);
    }
  }

  async function rowsOf(table: string): Promise<Map<string, number[]>> {
    const { rows } = await season.database.pool.query<{ key: string; numbers: number[] }>(`
      SELECT obsid || ' ' || pid || ' ' || trim(band) AS key,
             ARRAY[count, mean, std, min, max, p25, p50, p75]::float8[] AS numbers FROM ${table}`);
    return new Map(rows.map(({ key, numbers }) => [key, numbers]));
  }

  it('weighs bands, NDVI and their clear pixels by the shares that PostGIS finds', async () => {
    await run(SHARES);
    const raw = await rowsOf('ms.sigs_shares');
    const clear = await rowsOf('ms.clear_shares');
    const seen = { raw: 0, clear: 0, partly: 0, without: 0 };
    for (const [obsid, { bands }] of await season.painted('s2')) {
      const [b04, b08, classes] = ['B04', 'B08', 'SCL'].map((name) => bandOf(bands, name)) as [
        PaintedBand,
        PaintedBand,
        PaintedBand,
      ];
      const numberAt: Record<string, (at: Covered) => number> = {
        B04: (at) => numberIn(b04, at) || NaN,
        // Of baseline 05.10, whose reflectance is (number - 1000) / 10000.
        NDV: (at) => {
          const [red, infrared] = [numberIn(b04, at) || NaN, numberIn(b08, at) || NaN];
          return (infrared - red) / (infrared + red - 2000);
        },
      };
      const { originX, originY } = b04.grid;
      for (const [rows, buffer, isIn] of [
        [raw, INNER_BUFFER_M, () => true],
        [clear, CLEAR_BUFFER_M, (at: Covered) => isClear(classes, at)],
      ] as const) {
        const covered = await season.database.pool.query<Covered>(COVERED, [buffer, originX, originY]);
        const pids = [...new Set(covered.rows.map(({ pid }) => pid))];
        for (const pid of pids) {
          const pixels = covered.rows.filter((one) => one.pid === pid);
          for (const name of ['B04', 'NDV']) {
            const what = `${obsid} ${pid} ${name}`;
            const valid = pixels.filter((at) => Number.isFinite(numberAt[name]!(at)));
            const counting = valid.filter(isIn);
            const found = rows.get(what);
            const expected = weighed(counting, numberAt[name]!);
            seen[rows === raw ? 'raw' : 'clear'] += expected ? 1 : 0;
            seen.without += expected ? 0 : 1;
            seen.partly += expected && counting.length < valid.length ? 1 : 0;
            if (expected === undefined) assert.equal(found, undefined, what);
            else
              expected.forEach((value, i) => {
                assert.ok(
                  Math.abs(found![i]! - value) <= 1e-5 * Math.max(name === 'NDV' ? 0.1 : 1, Math.abs(value)),
                  `${what}: ${found!.join(' ')} instead of ${expected.join(' ')}`,
                );
              });
          }
        }
      }
    }
    for (const many of Object.values(seen)) assert.ok(many > 5, JSON.stringify(seen));
  });

  it('measures cross ratio and RVI of every parcel under a radar scene', async () => {
    await run(RADAR);
    const stored = await rowsOf('ms.sigs_radar');
    const parcels = await season.parcels();
    let rows = 0;
    for (const [obsid, { bands }] of await season.painted('bs')) {
      const [{ pixels: vv, grid }, { pixels: vh }] = [bandOf(bands, 'VV'), bandOf(bands, 'VH')];
      const ratio = Float64Array.from(vv, (co, i) => (co === 0 ? 0 : vh[i]! / co));
      const rvi = Float64Array.from(vv, (co, i) => (vh[i]! * co === 0 ? 0 : (4 * vh[i]!) / (co + vh[i]!)));
      for (const [name, pixels] of [
        ['VVb', vv],
        ['CR', ratio],
        ['RVI', rvi],
      ] as const)
        for (const [pid, parts] of parcels) {
          const key = `${obsid} ${pid} ${name}`;
          const values = pixelsInside(parts, { grid, pixels });
          if (values.length === 0) {
            assert.equal(stored.get(key), undefined, key);
            continue;
          }
          rows++;
          slowStatistics(values).forEach((value, i) => {
            const found = stored.get(key)?.[i];
            assert.ok(
              found !== undefined && Math.abs(found - value) <= 2e-7 * Math.max(0.1, value),
              `${key}: ${found} instead of ${value}`,
            );
          });
        }
    }
    assert.ok(rows > 3000);
    assert.equal(stored.size, rows);
  });
});

function bandOf(bands: readonly PaintedBand[], name: string): PaintedBand {
  const found = bands.find(({ band }) => band === name);
  assert.ok(found);
  return found;
}

/** What a pixel of 10 m has in a band of the same pixels. */
function numberIn({ grid, pixels }: PaintedBand, { row, column }: Covered): number {
  const isInside = row >= 0 && row < grid.height && column >= 0 && column < grid.width;
  return isInside ? pixels[row * grid.width + column]! : 0;
}

/** Whether no unclear pixel of 20 m is that of a pixel of 10 m, or as near to that one as WIDEN_M. */
function isClear({ grid, pixels }: PaintedBand, at: Covered): boolean {
  const [row, column] = [at.row >> 1, at.column >> 1];
  const beside = [-1, 0, 1];
  return !beside.some((down) =>
    beside.some((across) => {
      const [y, x] = [row + down, column + across];
      const isThere = y >= 0 && y < grid.height && x >= 0 && x < grid.width;
      return (
        isThere && 20 * Math.hypot(down, across) <= WIDEN_M && UNCLEAR.includes(pixels[y * grid.width + x]!)
      );
    }),
  );
}

/** Count, mean and standard deviation. */
function weighed(pixels: readonly Covered[], numberAt: (at: Covered) => number): number[] | undefined {
  const count = pixels.reduce((sum, { share }) => sum + share, 0);
  if (count === 0) return undefined;
  const mean = pixels.reduce((sum, at) => sum + at.share * numberAt(at), 0) / count;
  const variance = pixels.reduce((sum, at) => sum + at.share * (numberAt(at) - mean) ** 2, 0) / count;
  return [count, mean, Math.sqrt(variance)];
}
