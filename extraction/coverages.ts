/**
 * The coverage cache: transformed and rasterised parcels, on disk for all workers of the host and in memory while scenes
 * use them. A coverage is known by the fingerprint of the parcel set, the grid, the pixel rule and the inner buffer; when
 * parcels change, so does the fingerprint, and the old file is left to the eviction by size.
 */
import { createHash } from 'node:crypto';
import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckedSelection } from '../database/selection/check.js';
import { Coverage, CoverageDamaged, readCoverageFile } from '../zonal/index.js';
import type { BuildCoverages, CoverTarget, Wanted } from './build-coverages.js';
import { type Lock, tryLock } from './scratch/lock.js';
import { NO_FILE } from './scratch/scratch-file.js';

/** Changes whenever the same parcels on the same grid would give other spans, or a coverage is laid out otherwise. */
const VERSION = 3;
/** Coverages kept in memory at least: two grids each of two tiles. */
const IN_MEMORY = 4;
/** How often a process looks whether another has finished a coverage that both need. */
const LOCK_POLL_MS = 200;

export interface Log {
  warn(message: string): void;
}

/** Which table and area a parcel set is of. */
function nameOf({ parcels, aoi, minAreaM2 }: CheckedSelection): string {
  return JSON.stringify([parcels, aoi, minAreaM2]);
}

export class Coverages {
  private readonly known = new Map<string, Promise<Coverage>>();
  private readonly lastSeen = new Map<string, string>();
  /** So many are kept in memory: what two scenes ask for, where their rules make more than a coverage a grid. */
  private most = IN_MEMORY;

  constructor(
    private readonly folder: string,
    private readonly maxBytes: number,
    private readonly buildAll: BuildCoverages,
    private readonly log: Log,
  ) {}

  /** A parcel set is what the selection's parcels are by now. */
  saw(selection: CheckedSelection, fingerprint: string): void {
    this.lastSeen.set(nameOf(selection), fingerprint);
  }

  /**
   * The fingerprint that was seen last: what it costs to take it again is spared where something is only foretold by the
   * coverage. Undefined where none was seen.
   */
  seen(selection: CheckedSelection): string | undefined {
    return this.lastSeen.get(nameOf(selection));
  }

  /** The cache key of a parcel set, known by its fingerprint, on a grid. */
  key(fingerprint: string, { grid, pixels, innerBufferM }: Wanted): string {
    const { epsg, width, height, originX, originY, stepX, stepY } = grid;
    const rule = [`pixel-${pixels}-${VERSION}`, ...(innerBufferM > 0 ? [`inner ${innerBufferM} m`] : [])];
    const place = [`EPSG:${epsg}`, `${width}x${height}`, originX, originY, stepX, stepY];
    return [...rule, fingerprint, ...place].join(' ');
  }

  /** The coverage of a key, from memory or disk; undefined where it has to be built. */
  async find(key: string): Promise<Coverage | undefined> {
    return (await this.known.get(key)) ?? (await this.load(key));
  }

  /**
   * Coverages of the selection's parcels on grids of one CRS; those that are nowhere yet are built from the database.
   * @throws ParcelsChanged where it has other parcels by now than those of the fingerprint.
   */
  async get(
    selection: CheckedSelection,
    fingerprint: string,
    wanted: readonly Wanted[],
    signal: AbortSignal,
  ): Promise<Coverage[]> {
    this.most = Math.max(this.most, 2 * wanted.length);
    const targets = wanted.map((one) => {
      const key = this.key(fingerprint, one);
      return { ...one, key, path: this.path(key) };
    });
    const missing: CoverTarget[] = [];
    for (const target of targets) if (!(await this.find(target.key))) missing.push(target);
    if (missing.length > 0) await this.build(selection, fingerprint, missing, signal);
    return await Promise.all(targets.map(({ key }) => this.mustFind(key)));
  }

  private async mustFind(key: string): Promise<Coverage> {
    const coverage = await this.find(key);
    if (coverage) return coverage;
    throw new Error(`the coverage ${key} was built and is gone; is something else cleaning ${this.folder}?`);
  }

  /** Builds under a lock of the host, so that processes that need the same coverage do not all build it. */
  private async build(
    selection: CheckedSelection,
    fingerprint: string,
    targets: CoverTarget[],
    signal: AbortSignal,
  ): Promise<void> {
    const lock = await this.lockFor(targets, signal);
    try {
      const missing: CoverTarget[] = [];
      for (const target of targets) if (!(await this.find(target.key))) missing.push(target);
      if (missing.length > 0) await this.buildMissing(selection, fingerprint, missing, signal);
    } finally {
      await lock.release();
    }
  }

  private async lockFor(targets: readonly CoverTarget[], signal: AbortSignal): Promise<Lock> {
    const path = `${targets[0]?.path ?? ''}.lock`;
    for (;;) {
      const lock = await tryLock(path);
      if (lock) return lock;
      await sleep(LOCK_POLL_MS, undefined, { signal });
    }
  }

  private async buildMissing(
    selection: CheckedSelection,
    fingerprint: string,
    targets: CoverTarget[],
    signal: AbortSignal,
  ): Promise<void> {
    const { coverages, refused } = await this.buildAll(selection, fingerprint, targets, signal);
    for (const [i, { key }] of targets.entries())
      this.remember(key, Promise.resolve(Coverage.from(coverages[i]!)));
    for (const message of refused) this.log.warn(message);
    await this.evict();
  }

  private async load(key: string): Promise<Coverage | undefined> {
    const path = this.path(key);
    try {
      const coverage = await readCoverageFile(path, key);
      if (coverage === undefined) return undefined;
      const now = new Date();
      await utimes(path, now, now).catch(() => undefined);
      this.remember(key, Promise.resolve(coverage));
      return coverage;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // What is in the file's place may be no file at all, or not ours to read.
      if (!(error instanceof CoverageDamaged) && !(code !== undefined && NO_FILE.has(code))) throw error;
      this.log.warn(`${(error as Error).message}; it is built again`);
      await rm(path, { recursive: true, force: true });
      return undefined;
    }
  }

  private remember(key: string, coverage: Promise<Coverage>): void {
    this.known.delete(key);
    this.known.set(key, coverage);
    coverage.catch(() => this.known.delete(key));
    for (const oldest of this.known.keys()) {
      if (this.known.size <= this.most) break;
      this.known.delete(oldest);
    }
  }

  private path(key: string): string {
    return join(this.folder, `${createHash('sha256').update(key).digest('hex').slice(0, 24)}.coverage`);
  }

  /** Removes the files that were not used longest until the folder fits its size. */
  private async evict(): Promise<void> {
    const files = await Promise.all(
      (await readdir(this.folder))
        .filter((name) => name.endsWith('.coverage'))
        .map(async (name) => ({
          path: join(this.folder, name),
          info: await stat(join(this.folder, name)).catch(() => null),
        })),
    );
    let bytes = files.reduce((sum, { info }) => sum + (info?.size ?? 0), 0);
    for (const { path, info } of files.sort((a, b) => (a.info?.mtimeMs ?? 0) - (b.info?.mtimeMs ?? 0))) {
      if (bytes <= this.maxBytes) return;
      await rm(path, { force: true });
      bytes -= info?.size ?? 0;
    }
  }
}
