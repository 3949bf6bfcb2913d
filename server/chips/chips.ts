/** Makes chips: looks where a scene's band lies, fetches what holds the pixels under a square, decodes those, and keeps both. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type pg from 'pg';
import { rejectOnAbort } from '../../extraction/reject-on-abort.js';
import type { RasterGrid } from '../../rasters/index.js';
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

/** Its pixels stay on the disk: an answer may be of many. */
export interface KeptChip {
  /** What it is kept by. */
  readonly name: string;
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
/** The longest that one chip takes, or the search for a band, from a store that hardly answers. */
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
   * Makes the chip of a scene's band under a square around a place, or finds that it was made; undefined where no pixel of the
   * scene lies there.
   * @param signal aborted when nobody waits for it any more
   * @throws SceneIncomplete, ObjectMissing, RasterError, and what else the store fails with
   */
  async make(
    scene: ChipScene,
    band: string,
    place: Place,
    metres: number,
    signal: AbortSignal,
  ): Promise<KeptChip | undefined> {
    const once = async (): Promise<KeptChip | undefined> =>
      this.makeOf(await rejectOnAbort(this.bands.find(scene, band), signal), place, metres, signal);
    try {
      return await once();
    } catch (error) {
      if (!(error instanceof ObjectReplaced)) throw error;
      this.bands.forget(scene, band);
      return await once();
    }
  }

  /** A chip that was made before, as long as it is kept. */
  async kept(name: string): Promise<Chip | undefined> {
    return this.cache.has(name) ? this.cache.within(name, readKept) : undefined;
  }

  /** A PNG file of chips as they are kept; undefined where one is not any more. */
  async draw(
    names: readonly string[],
    drawing: Drawing,
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    const chips: Chip[] = [];
    for (const name of names) {
      const chip = await this.kept(name);
      if (chip === undefined) return undefined;
      chips.push(chip);
    }
    return await this.threads.run({ kind: 'picture', chips, drawing }, signal);
  }

  async close(): Promise<void> {
    await this.threads.close();
    this.store.close();
    await this.cache.close();
  }

  private async makeOf(
    known: KnownBand,
    place: Place,
    metres: number,
    signal: AbortSignal,
  ): Promise<KeptChip | undefined> {
    const { grid, offset, version, source } = known;
    const window = windowUnder(grid, { ...(await place.in(grid.epsg)), metres });
    if (window === undefined) return undefined;
    const { column, row, width, height } = window;
    const name = digest([version, source.rasterBand, column, row, width, height]);
    await this.cache.within(name, async (folder) => {
      const path = join(folder, FILE);
      if (existsSync(path)) return;
      const made = await this.withBand(known, signal, async ({ bring }) => {
        const file = await bring(insideOf(window, grid));
        const { rasterBand } = source;
        return await this.threads.run({ kind: 'read', path: file, rasterBand, window }, signal);
      });
      await writeFile(`${path}.part`, serialize(made));
      await rename(`${path}.part`, path);
    });
    return { name, offset };
  }

  private gridOf(found: FoundBand): Promise<RasterGrid> {
    return this.withBand(found, undefined, ({ raster }) => Promise.resolve(raster.grid));
  }

  /** Objects are read by one at a time: what it finds on the disk is nobody else's to change. */
  private withBand<T>(
    { source, version }: FoundBand,
    signal: AbortSignal | undefined,
    work: (band: OpenBand) => Promise<T>,
  ): Promise<T> {
    return this.cache.within(`object-${version}`, (folder) =>
      this.lanes.run(async () => {
        const limit = AbortSignal.timeout(CHIP_MS);
        const bringing = { signal: signal === undefined ? limit : AbortSignal.any([signal, limit]) };
        const band = await openBand(this.store, source, folder, this.costs, bringing);
        try {
          return await work(band);
        } finally {
          await band.close();
        }
      }, signal),
    );
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
