/** How many bytes of a scene's objects a campaign would fetch: headers are read, and tiles counted under parcels' boxes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import type { BandSource } from '../cards/card.js';
import { cellsWithParcels } from '../database/parcels/parcel-cells.js';
import type { CheckedSelection } from '../database/selection/check.js';
import { openRaster, type Raster, type Window } from '../rasters/index.js';
import { HEAD_BYTES } from '../reading/fetch-costs.js';
import { choose, isReasonForWhole, type OpenPart, partCandidates } from '../reading/needed-part.js';
import { PartialObject } from '../reading/partial-object.js';
import type { ObjectInfo, ObjectStore } from '../store/object-store.js';

/** Tiles with parcels, by what they are tiles of: scenes of one tile share their grid. */
export type KnownCells = Map<string, Promise<readonly number[]>>;

export interface PartsLook {
  readonly pool: pg.Pool;
  readonly selection: CheckedSelection;
  readonly store: ObjectStore;
  readonly known: KnownCells;
  readonly signal: AbortSignal;
}

/** Bytes that would be fetched of the objects; all of them where parts can't be had or told. */
export async function bytesToFetch(
  look: PartsLook,
  sources: readonly BandSource[],
  objects: readonly ObjectInfo[],
): Promise<number> {
  const all = objects.reduce((sum, { bytes }) => sum + bytes, 0);
  const candidates = partCandidates(objects, sources);
  // A raster whose header is another object is not opened by its first bytes.
  const alone = candidates.filter((object) =>
    sources.every(({ objects: [main, ...beside] }) => main !== object || beside.length === 0),
  );
  if (alone.length === 0) return all;
  const folder = await mkdtemp(join(tmpdir(), 'parcelwise-forecast-'));
  const open = new Map<ObjectInfo, OpenPart>();
  try {
    for (const [i, object] of alone.entries()) {
      const partial = await PartialObject.open(look.store, object, join(folder, String(i)));
      try {
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
    const saved = [...choose(open)].reduce((sum, [object, { bytes }]) => sum + object.bytes - bytes, 0);
    return all - saved;
  } catch (error) {
    if (isReasonForWhole(error)) return all;
    throw error;
  } finally {
    for (const { raster } of open.values()) await raster.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The blocks with parcels, or the box around them where a file is read by larger windows than blocks. */
async function windowsOf(
  { pool, selection, known }: PartsLook,
  { grid, block, flat }: Raster,
  object: ObjectInfo,
  sources: readonly BandSource[],
): Promise<OpenPart['windows']> {
  const place = JSON.stringify([grid, block]);
  const cells = known.get(place) ?? cellsWithParcels(pool, selection, grid, block);
  known.set(place, cells);
  const across = Math.ceil(grid.width / block.width);
  const blocks = (await cells).map((cell): Window => {
    const column = (cell % across) * block.width;
    const row = Math.floor(cell / across) * block.height;
    return {
      ...{ column, row },
      width: Math.min(block.width, grid.width - column),
      height: Math.min(block.height, grid.height - row),
    };
  });
  const windows = flat ? around(blocks) : blocks;
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
