/**
 * Where blocks of objects lie whose headers do not say it, as earlier reads of them found it: a scene that is read again (for
 * parcels that have changed, for bands that it lacks) need not look for them. Kept by the version of the object, and compared
 * with the object like a list in its header.
 */
import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { type BlockPlace, openRaster, placesPath, readPlaces, writePlaces } from '../../rasters/index.js';
import type { PartialObject } from '../../reading/partial-object.js';

/** Of a kilobyte or two each, some 40 MB with what a disk gives them: the rasters of a few thousand scenes. */
const MOST_FILES = 10_000;

export class KnownPlaces {
  /** @param folder shared by all workers of a scratch folder */
  constructor(
    private readonly folder: string,
    private readonly most = MOST_FILES,
  ) {}

  /** Puts what is known beside a part of which nothing is known there. */
  async lend(part: PartialObject): Promise<void> {
    const path = this.path(part);
    const places = readPlaces(path);
    if (places.length === 0 || readPlaces(part.path).length > 0) return;
    await writePlaces(part.path, places);
    const now = new Date();
    await utimes(placesPath(path), now, now).catch(() => undefined);
  }

  /** Keeps what lies beside a part. */
  keep(part: PartialObject): Promise<void> {
    return this.write(part, readPlaces(part.path));
  }

  /** Keeps what the object says that a part is of, which was brought whole to a path. */
  async keepOfWhole(part: PartialObject, whole: string): Promise<void> {
    try {
      const raster = await openRaster(whole);
      const places = raster.places?.() ?? [];
      await raster.close();
      await this.write(part, places);
    } catch {
      // What is wrong with it its readers say.
    }
  }

  private async write(part: PartialObject, places: readonly BlockPlace[]): Promise<void> {
    if (places.length === 0) return;
    await writePlaces(this.path(part), places);
    await this.sweep();
  }

  private path({ version }: PartialObject): string {
    return join(this.folder, version);
  }

  /** Removes those that were not used longest. */
  private async sweep(): Promise<void> {
    const names = await readdir(this.folder);
    if (names.length <= this.most) return;
    const files = await Promise.all(
      names.map(async (name) => {
        const path = join(this.folder, name);
        return { path, used: (await stat(path).catch(() => undefined))?.mtimeMs ?? 0 };
      }),
    );
    // Some more than one, not to look through all of them each time.
    const left = Math.floor(0.9 * this.most);
    for (const { path } of files.sort((a, b) => b.used - a.used).slice(left)) await rm(path, { force: true });
  }
}
