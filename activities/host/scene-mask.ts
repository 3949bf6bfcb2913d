/** The class map of a scene, under which its clear rows are measured. */
import type { Image } from '../../extraction/image.js';
import { type AlsoDecoded, type Masking, maskingOf, SAME_GRID } from '../../extraction/masking.js';
import type { SceneIndex } from '../../extraction/scene-indices.js';
import type { StagedBand } from '../../extraction/scratch/staged-layers.js';
import type { Manifest } from '../../extraction/scratch/staged-scene.js';
import type { ClassMask } from '../../extraction/shared-planes.js';
import { type Coverage, excludedValues } from '../../zonal/index.js';

export interface SceneMask extends ClassMask {
  /** One a band; undefined for bands on whose grid nothing has clear rows. */
  readonly maskings: readonly (Masking | undefined)[];
  readonly minPixels: number;
}

/** @throws NotAligned naming a band whose pixels don't lie on those of the class map. */
export function sceneMask(
  { bands, clear }: Pick<Manifest, 'bands' | 'clear'>,
  images: readonly Image[],
  indices: readonly SceneIndex[],
): SceneMask | undefined {
  const classMap = bands.findIndex(({ classes }) => classes);
  if (clear === undefined || classMap === -1) return undefined;
  const named = images.map(({ grid }, i) => ({ name: bands[i]!.name, grid }));
  const ofIndices = indices.filter(({ name }) => clear.bands.includes(name)).map(({ base }) => base);
  const maskings = named.map((band, i) =>
    clear.bands.includes(band.name) || ofIndices.includes(i) ? maskingOf(band, named[classMap]!) : undefined,
  );
  const { classes, widenM, minPixels } = clear.rule;
  const unclear = [...classes, ...withoutClass(images[classMap]!, bands[classMap]!)];
  return { classMap, unclear, widenM, maskings, minPixels };
}

/** Numbers of pixels that have no class by the file's own word: nobody knows of them that they are clear. */
function withoutClass(image: Image, band: StagedBand): number[] {
  return [...excludedValues(image.pixelType, noDataOf(image, band)), ...(image.isMasked ? [0] : [])];
}

/** Numbers that stand for no data by the raster itself and by its STAC item. */
export function noDataOf({ noData }: Image, { noData: listed }: StagedBand): number[] {
  // Infinite numbers travel as words.
  const told = typeof listed === 'string' ? (listed === 'inf' ? Infinity : -Infinity) : listed;
  return [noData, told].filter((value) => value !== undefined);
}

/** Blocks of the class map that lie under pixels of other grids: a parcel may have pixels in one of which it has no coarser pixel. */
export function decodedFor(mask: SceneMask | undefined, coverages: readonly Coverage[]): AlsoDecoded[] {
  if (mask === undefined) return [];
  const all = mask.maskings.flatMap((masking, band) =>
    masking === undefined
      ? []
      : {
          image: mask.classMap,
          coverage: coverages[band]!,
          // What lies beside a parcel is widened into it.
          alignment: masking.isCoarser || mask.widenM > 0 ? undefined : masking.alignment,
        },
  );
  return [...new Map(all.map((one) => [one.coverage, one])).values()];
}

/** Blocks of each band under pixels that raw rows may not have. */
export function decodedOn(coverages: readonly (Coverage | undefined)[]): AlsoDecoded[] {
  return coverages.flatMap((coverage, image) => (coverage ? { image, coverage, alignment: SAME_GRID } : []));
}
