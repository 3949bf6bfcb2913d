/** Measures by hostile rules: geometries by each pixel rule and under a mask, expressions of bands, options of a db_config.json. */
import { basename } from 'node:path';
import { s2 } from '../../cards/s2.js';
import { readDbConfig } from '../../database/selection/config.js';
import { MAX_INNER_BUFFER_M, PIXEL_RULES, WIDEST_M } from '../../database/selection/defaults.js';
import { DatabaseSetupError } from '../../database/session/errors.js';
import {
  findIndex,
  IndexRefused,
  keepsAllBut,
  Machine,
  MaskedSpans,
  type Program,
  widenMask,
} from '../../layers/index.js';
import {
  type Coverage,
  CoverageBuilder,
  GeometryError,
  ParcelSetBuilder,
  type PixelRule,
  ROW_LENGTH,
  shareAt,
  threadKernel,
  wholeBefore,
} from '../../zonal/index.js';
import { PASSWORD } from './hostile-options.js';

/** What is refused as it should be, in words. Everything else that is thrown is a fault. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** A Sentinel-2 tile, and a window of its classes. */
const GRID = { originX: 600_000, originY: 5_800_020, stepX: 10, stepY: -10, width: 10980, height: 10980 };
const CLASSES = { column: 1000, row: 2000, width: 2000, height: 1500 };
const KEEPS = keepsAllBut([3, 8, 9]);
const NAME = 'FUZZED';

/** @throws Refused for what is no geometry, or too much of one. */
export function measureGeometry(wkb: Uint8Array, rule: PixelRule): void {
  const parcels = new ParcelSetBuilder();
  const builder = new CoverageBuilder(GRID, rule);
  const [refused] = (() => {
    try {
      parcels.add(1, { minX: 0, minY: 0, maxX: 0, maxY: 0 }, wkb);
      return builder.add(parcels.finish());
    } catch (error) {
      throw error instanceof GeometryError ? new Refused(error.message) : error;
    }
  })();
  if (refused !== undefined) throw new Refused(refused);
  const coverage = builder.finish();
  checkSpans(coverage);
  checkShares(coverage);
  checkMask(coverage);
}

function checkSpans({ start, length }: Coverage): void {
  for (let span = 0; span < start.length; span++) {
    const row = Math.floor(start[span]! / GRID.width);
    const end = start[span]! + length[span]!;
    if (start[span]! < 0 || row >= GRID.height || end > (row + 1) * GRID.width || length[span] === 0)
      throw new Error(`span ${span} lies outside the grid: ${start[span]!} + ${length[span]!}`);
  }
}

/** Shares tell of no more pixels than spans do, and of none that is nothing. */
function checkShares({ length, shares }: Coverage): void {
  if (shares === undefined) return;
  const pixels = length.reduce((sum, one) => sum + one, 0);
  let told = 0;
  for (let at = 0; at < shares.fractions.length; at++) {
    const share = shareAt(shares, at);
    if (!(share > 0 && Number.isFinite(share))) throw new Error(`a share of ${share}`);
    told += wholeBefore(shares, at) + 1;
  }
  if (told > pixels) throw new Error(`shares of ${told} pixels, not of ${pixels}`);
}

let classes: Uint8Array | undefined;

/** A mask of 20 m leaves no more pixels than there were, and none beside its window. */
function checkMask({ start, length }: Coverage): void {
  classes ??= Uint8Array.from({ length: CLASSES.width * CLASSES.height }, (_, i) => (i * 2_654_435_761) % 12);
  const spans = new MaskedSpans({ across: 2, down: 2, shiftX: 0, shiftY: 0 }, GRID.width);
  spans.take({ source: { ...CLASSES, pixels: classes }, keeps: KEEPS }, start, length, 0, start.length);
  if (spans.kept > spans.total) throw new Error(`a mask keeps ${spans.kept} of ${spans.total} pixels`);
  for (let span = 0; span < spans.count; span++) {
    const [row, column] = [Math.floor(spans.start[span]! / GRID.width), spans.start[span]! % GRID.width];
    const end = (column + spans.length[span]! - 1) / 2;
    if (
      row / 2 < CLASSES.row ||
      row / 2 >= CLASSES.row + CLASSES.height ||
      column / 2 < CLASSES.column ||
      end >= CLASSES.column + CLASSES.width
    )
      throw new Error(`a mask keeps pixels beside it: row ${row}, column ${column}`);
  }
}

/** @throws Refused for what is no arithmetic, by a message that tells the place. */
export function reckon(expression: string): void {
  runPrograms({ [NAME]: expression });
}

/** Any number of pixels that bands may have: none, the smallest, and others. */
const PIXELS = Float64Array.from(
  { length: ROW_LENGTH },
  (_, i) => [NaN, 0, -0.1, 1, 6.4535][i % 5]! * (1 + i),
);

function runPrograms(own: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(own)) {
    try {
      const index = findIndex(name, s2, own);
      if (index === undefined) throw new Error(`there is no index ${name}`);
      run(index.program);
    } catch (error) {
      if (!(error instanceof IndexRefused)) throw error;
      const lines = error.message.split(/[\r\n\u2028\u2029]/);
      if (lines.length > 3 || /\p{Cc}/u.test(lines.join('')))
        throw new Error(`is told in ${lines.length} lines`, { cause: error });
      throw new Refused(error.message);
    }
  }
}

/** A pixel without an input has no number, and that is the reason. */
function run(program: Program): void {
  const machine = new Machine(program);
  const { rows } = threadKernel();
  const inputs = program.bands.map((_, band) =>
    PIXELS.map((value, i) => value / (1 + ((i * (band + 3)) % 7))),
  );
  const load = (): void => {
    inputs.forEach((input, band) => {
      rows.at(machine.input(band)).set(input);
    });
  };
  load();
  machine.run(PIXELS.length, machine.spare);
  const out = rows.at(machine.spare, PIXELS.length).slice();
  load();
  out.forEach((value, pixel) => {
    const isMissing = inputs.some((row) => Number.isNaN(row[pixel]!));
    if (isMissing && !Number.isNaN(value)) throw new Error(`pixel ${pixel} without an input is ${value}`);
    if (Number.isFinite(value)) return;
    const reason = machine.explain(pixel);
    if ((reason === 'missing-input') !== isMissing)
      throw new Error(`pixel ${pixel} has no number: ${reason}`);
  });
}

/** @throws Refused for what can't be, by a message that names the file and tells no password. */
export function readOptions(path: string): void {
  try {
    const {
      pixels,
      innerBufferM = 0,
      clear: { classes: left = [], widenM = 0, minPixels = 1 } = {},
      indices = {},
    } = readDbConfig(path, {});
    const isSound =
      (pixels === undefined || PIXEL_RULES.includes(pixels)) &&
      isWithin(innerBufferM, MAX_INNER_BUFFER_M) &&
      isWithin(widenM, WIDEST_M) &&
      minPixels >= 1 &&
      left.every((one) => Number.isInteger(one) && isWithin(one, 255));
    if (!isSound)
      throw new Error(`takes ${JSON.stringify({ pixels, innerBufferM, left, widenM, minPixels })}`);
    widenMask(
      new Uint8Array(1200).fill(4).fill(9, 500, 510),
      40,
      30,
      keepsAllBut(left),
      () => ({ x: 20, y: 20 }),
      widenM,
    );
    runPrograms(indices);
  } catch (error) {
    if (error instanceof Refused) throw error;
    if (!(error instanceof DatabaseSetupError)) throw error;
    if (!error.message.includes(basename(path)))
      throw new Error(`does not name its file: ${error.message}`, { cause: error });
    if (error.message.includes(PASSWORD)) throw new Error('tells the password', { cause: error });
    throw new Refused(error.message);
  }
}

const isWithin = (value: number, most: number): boolean => value >= 0 && value <= most;
