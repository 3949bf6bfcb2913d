/** Makes chips: looks where a scene's band lies, fetches what holds the pixels under a square, decodes those, and keeps both. */
import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type pg from 'pg';
import type { RasterGrid, Window } from '../../rasters/index.js';
import { FetchCosts } from '../../reading/fetch-costs.js';
import { type OpenBand, openBand } from '../../reading/open-band.js';
import { ObjectReplaced } from '../../store/fetch-range.js';
import type { ObjectStore } from '../../store/object-store.js';
import type { Chip } from './chip.js';
import { ChipThreads } from './chip-threads.js';
import { insideOf, windowUnder } from './chip-window.js';
import { FileCache } from './file-cache.js';
import { type ChipScene, type FoundBand, type KnownBand, KnownBands } from './known-bands.js';
import { Lanes } from './lanes.js';
import type { Drawing } from './picture.js';
import type { Place } from './place.js';

export interface KeptChip {
  /** What it is kept by. */
  readonly name: string;
  readonly chip: Chip;
  /** Brings its numbers to those of products without an offset. */
  readonly offset: number;
}

export interface ChipsOptions {
  readonly pool: pg.Pool;
  readonly store: ObjectStore;
  /** What was fetched and what was made of it are kept here. */
  readonly folder: string;
  readonly maxBytes: number;
  readonly threads: number;
}

/** Objects that are read at a time: most of the time is waiting for answers. */
const AT_ONCE = 16;
const MOST_WAITING = 1000;
/** The longest that one chip takes, from a store that hardly answers. */
const CHIP_MS = 60_000;
/** File of a kept chip in its entry. */
const FILE = 'chip';

export class Chips {
  private readonly lanes = new Lanes(AT_ONCE, MOST_WAITING);
  private readonly costs = new FetchCosts();
  private readonly bands: KnownBands;
  private readonly threads: ChipThreads;

  private constructor(
    private readonly store: ObjectStore,
    private readonly cache: FileCache,
    { pool, threads }: ChipsOptions,
  ) {
    this.threads = new ChipThreads(threads);
    this.bands = new KnownBands(pool, store, (found) => this.gridOf(found));
  }

  static async open(options: ChipsOptions): Promise<Chips> {
    return new Chips(options.store, await FileCache.open(options.folder, options.maxBytes), options);
  }

  /**
   * The chip of a scene's band under a square around a place; undefined where no pixel of the scene lies there.
   * @param signal aborted when nobody waits for it any more
   * @throws SceneIncomplete, ObjectMissing, RasterError, and what else the store fails with
   */
  async read(
    scene: ChipScene,
    band: string,
    place: Place,
    metres: number,
    signal?: AbortSignal,
  ): Promise<KeptChip | undefined> {
    try {
      return await this.readOf(await this.bands.find(scene, band), place, metres, signal);
    } catch (error) {
      if (!(error instanceof ObjectReplaced)) throw error;
      this.bands.forget(scene, band);
      return await this.readOf(await this.bands.find(scene, band), place, metres, signal);
    }
  }

  /** A chip that was made before, as long as it is kept. */
  kept(name: string): Promise<Chip | undefined> {
    return this.cache.within(name, readKept);
  }

  /** A PNG file. */
  draw(chips: readonly Chip[], drawing: Drawing): Promise<Uint8Array> {
    return this.threads.run({ kind: 'picture', chips, drawing });
  }

  async close(): Promise<void> {
    await this.threads.close();
    this.store.close();
    await this.cache.close();
  }

  private async readOf(
    known: KnownBand,
    place: Place,
    metres: number,
    signal: AbortSignal | undefined,
  ): Promise<KeptChip | undefined> {
    const { grid, offset, version, source } = known;
    const window = windowUnder(grid, { ...(await place.in(grid.epsg)), metres });
    if (window === undefined) return undefined;
    const { column, row, width, height } = window;
    const name = digest([version, source.rasterBand, column, row, width, height]);
    const chip = await this.cache.within(name, async (folder) => {
      const before = await readKept(folder);
      if (before !== undefined) return before;
      const made = await this.lanes.run(() => this.make(known, window), signal);
      const path = join(folder, FILE);
      await writeFile(`${path}.part`, serialize(made));
      await rename(`${path}.part`, path);
      return made;
    });
    return { name, chip, offset };
  }

  private make(known: KnownBand, window: Window): Promise<Chip> {
    return this.withBand(known, async ({ bring }) => {
      const path = await bring(insideOf(window, known.grid));
      return await this.threads.run({ kind: 'read', path, rasterBand: known.source.rasterBand, window });
    });
  }

  private gridOf(found: FoundBand): Promise<RasterGrid> {
    return this.lanes.run(() => this.withBand(found, ({ raster }) => Promise.resolve(raster.grid)));
  }

  /** Objects are read by one at a time: what it finds on the disk is nobody else's to change. */
  private withBand<T>({ source, version }: FoundBand, work: (band: OpenBand) => Promise<T>): Promise<T> {
    return this.cache.within(`object-${version}`, async (folder) => {
      const bringing = { signal: AbortSignal.timeout(CHIP_MS) };
      const band = await openBand(this.store, source, folder, this.costs, bringing);
      try {
        return await work(band);
      } finally {
        await band.close();
      }
    });
  }
}

function digest(parts: readonly (string | number)[]): string {
  return `chip-${createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)}`;
}

async function readKept(folder: string): Promise<Chip | undefined> {
  try {
    return deserialize(await readFile(join(folder, FILE))) as Chip;
  } catch {
    return undefined;
  }
}
