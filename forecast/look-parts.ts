/** How many bytes of a scene's objects a campaign would fetch: headers are read, and tiles counted under parcels' boxes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import type { BandSource } from '../cards/card.js';
import { cellsWithParcels } from '../database/parcels/parcel-cells.js';
import type { CheckedSelection } from '../database/selection/check.js';
import { openRaster, type Raster, type Window } from '../rasters/index.js';
import { FetchCosts, HEAD_BYTES } from '../reading/fetch-costs.js';
import { choose, isReasonForWhole, type OpenPart, partCandidates } from '../reading/needed-part.js';
import { PartialObject } from '../reading/partial-object.js';
import { localName } from '../store/local-name.js';
import type { ObjectInfo, ObjectStore } from '../store/object-store.js';

/** A forecast is not of one worker, whose settings it would know. */
const COSTS = new FetchCosts();

/** Tiles with parcels, by what they are tiles of: scenes of one tile share their grid. */
export type KnownCells = Map<string, Promise<readonly number[]>>;

export interface PartsLook {
  readonly pool: pg.Pool;
  readonly selection: CheckedSelection;
  readonly store: ObjectStore;
  readonly known: KnownCells;
  /** The parcels that are extracted, where that is not all of them. */
  readonly only?: readonly number[] | undefined;
  readonly signal: AbortSignal;
}

/** Bytes that would be fetched of the objects; all of them where parts can't be had or told. */
export async function bytesToFetch(
  look: PartsLook,
  sources: readonly BandSource[],
  objects: readonly ObjectInfo[],
): Promise<number> {
  const all = objects.reduce((sum, { bytes }) => sum + bytes, 0);
  const candidates = partCandidates(objects, sources, COSTS);
  if (candidates.length === 0) return all;
  const folder = await mkdtemp(join(tmpdir(), 'parcelwise-forecast-'));
  const open = new Map<ObjectInfo, OpenPart>();
  try {
    for (const [i, object] of candidates.entries()) {
      const partial = await PartialObject.open(look.store, object, join(folder, String(i)));
      try {
        for (const one of headersOf(object, sources))
          await look.store.download(one, partial.beside(localName(one.key)), { signal: look.signal });
        const raster = await partial.reading(() => openRaster(partial.path), HEAD_BYTES, {
          signal: look.signal,
        });
        open.set(object, { partial, raster, windows: await windowsOf(look, raster, object, sources) });
      } catch (error) {
        if (!isReasonForWhole(error)) throw error;
      } finally {
        await partial.close();
      }
    }
    const saved = [...choose(open, COSTS)].reduce(
      (sum, [object, { bytes }]) => sum + object.bytes - bytes,
      0,
    );
    return all - saved;
  } catch (error) {
    if (isReasonForWhole(error)) return all;
    throw error;
  } finally {
    for (const { raster } of open.values()) await raster.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The headers of a raster that are objects of their own, as ENVI's are; what is as large as a raster is none. */
function headersOf(object: ObjectInfo, sources: readonly BandSource[]): readonly ObjectInfo[] {
  const beside = sources.flatMap(({ objects: [main, ...others] }) => (main === object ? others : []));
  return [...new Set(beside)].filter(({ bytes }) => bytes <= COSTS.fewestBytes);
}

/** A file that is read by larger windows than its blocks is cut into so many cells across and down, to find the box of its parcels. */
const CELLS_A_SIDE = 32;

/** The blocks with parcels, or the box around them where a file is read by larger windows than blocks. */
async function windowsOf(
  { pool, selection, known, only }: PartsLook,
  { grid, block, flat }: Raster,
  object: ObjectInfo,
  sources: readonly BandSource[],
): Promise<OpenPart['windows']> {
  const fine = { width: Math.ceil(grid.width / CELLS_A_SIDE), height: Math.ceil(grid.height / CELLS_A_SIDE) };
  const cell = flat ? fine : block;
  const place = JSON.stringify([grid, cell, only]);
  const numbers = known.get(place) ?? cellsWithParcels(pool, selection, grid, cell, only);
  known.set(place, numbers);
  const across = Math.ceil(grid.width / cell.width);
  const cells = (await numbers).map((number): Window => {
    const column = (number % across) * cell.width;
    const row = Math.floor(number / across) * cell.height;
    return {
      ...{ column, row },
      width: Math.min(cell.width, grid.width - column),
      height: Math.min(cell.height, grid.height - row),
    };
  });
  const windows = flat ? around(cells) : cells;
  const bands = sources.flatMap(({ objects: [main], rasterBand }) => (main === object ? [rasterBand] : []));
  return bands.flatMap((band) => windows.map((window) => [band, window] as const));
}

function around(windows: readonly Window[]): Window[] {
  if (windows.length === 0) return [];
  const least = (of: (window: Window) => number): number => Math.min(...windows.map(of));
  const [column, row] = [least((one) => one.column), least((one) => one.row)];
  const right = -least((one) => -(one.column + one.width));
  const lower = -least((one) => -(one.row + one.height));
  return [{ column, row, width: right - column, height: lower - row }];
}
