/**
 * Which images of a Sentinel-2 product are its tile's bands. A product in ESA's compact format has one granule, and its
 * tile in the name; those of before December 2016 have one for each tile. Two granules of one tile are the halves of a
 * scene that was received in two parts, or copies of which one was made anew: pixels of one alone would be half a scene
 * without a word, so such a product is refused.
 */
import type { ObjectInfo } from '../../store/object-store.js';
import { SceneIncomplete } from '../card.js';

/** Between the product's folder and that of a granule. */
export const GRANULES = '/GRANULE/';

/** The workflow's word for rasters that can't be read as they are. */
const REFUSED = 'bad_raster';

/** `T31UFS` of `T31UFS_20240623T104619_B04_10m.jp2`, of `L2A_T31UFS_A038122_20240623T105011`, and of longer names of old. */
const TILE = /(?:^|_)(T\d{2}[A-Z]{3})_/;

/** A band, and how its image's path ends. */
export interface Wanted {
  readonly band: string;
  /** `/R10m/` */
  readonly folder: string;
  /** `_B04_10m.jp2` */
  readonly end: string;
}

/**
 * The images of the bands in the tile's one granule, by band; bands that have none are left out.
 * @throws SceneIncomplete where there are several to choose from, naming them.
 */
export function granuleImages(
  reference: string,
  tile: string,
  images: readonly ObjectInfo[],
  wanted: readonly Wanted[],
): Map<string, ObjectInfo> {
  const ours = images.filter(({ key }) => isOf(tile, key));
  const found = wanted.map(({ band, folder, end }) => ({
    band,
    objects: ours.filter(({ key }) => key.includes(folder) && key.endsWith(end)),
  }));
  const granules = new Set(found.flatMap(({ objects }) => objects.map(({ key }) => granuleOf(key))));
  if (granules.size > 1) refuse(reference, `${granules.size} granules of tile ${tile}`, granules);
  for (const { band, objects } of found)
    if (objects.length > 1)
      refuse(
        reference,
        `${objects.length} images of ${band}`,
        objects.map(({ key }) => fileOf(key)),
      );
  return new Map(found.flatMap(({ band, objects: [object] }) => (object ? [[band, object] as const] : [])));
}

function refuse(reference: string, what: string, names: Iterable<string>): never {
  throw new SceneIncomplete(
    REFUSED,
    `${reference} has ${what}, and one of them is not the scene: ${[...names].join(', ')}`,
  );
}

/** By the image's own name, else by its granule's; what bears no tile's name is the product's own. */
function isOf(tile: string, key: string): boolean {
  const named = TILE.exec(fileOf(key))?.[1] ?? TILE.exec(`${granuleOf(key)}_`)?.[1];
  return named === undefined || named === tile;
}

function fileOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

function granuleOf(key: string): string {
  const from = key.indexOf(GRANULES) + GRANULES.length;
  return key.slice(from, key.indexOf('/', from));
}
