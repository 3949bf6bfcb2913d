/** The class map of a scene: under it clear rows are measured, and it tells which parcels are cloudy. */
import type { ClearRule } from '../../database/terms.js';
import type { Image } from '../../extraction/image.js';
import { type AlsoDecoded, type Masking, maskingOf, SAME_GRID } from '../../extraction/masking.js';
import type { SceneIndex } from '../../extraction/scene-indices.js';
import type { StagedBand } from '../../extraction/scratch/staged-layers.js';
import type { Manifest } from '../../extraction/scratch/staged-scene.js';
import type { ClassMask } from '../../extraction/shared-planes.js';
import { type Coverage, excludedValues } from '../../zonal/index.js';

export interface SceneSky extends ClassMask {
  /** How the class map lies under the grid of each band; undefined for bands on whose grid nothing is measured under it. */
  readonly maskings: readonly (Masking | undefined)[];
}

/** Under it clear rows are measured. */
export interface SceneMask extends SceneSky {
  readonly minPixels: number;
}

type Layers = Pick<Manifest, 'bands' | 'clear' | 'skipCloudy'>;

/** @throws NotAligned naming a band whose pixels don't lie on those of the class map. */
export function sceneMask(
  layers: Layers,
  images: readonly Image[],
  indices: readonly SceneIndex[],
): SceneMask | undefined {
  const { bands, clear } = layers;
  if (clear === undefined) return undefined;
  const ofIndices = indices.filter(({ name }) => clear.bands.includes(name)).map(({ base }) => base);
  const isMasked = (i: number): boolean => clear.bands.includes(bands[i]!.name) || ofIndices.includes(i);
  const sky = skyUnder(layers, images, clear.rule, isMasked);
  return sky && { ...sky, minPixels: clear.rule.minPixels };
}

/**
 * What tells which parcels are cloudy, where those are left out.
 * @throws NotAligned as `sceneMask`
 */
export function sceneSky(
  layers: Layers,
  images: readonly Image[],
  indices: readonly SceneIndex[],
): SceneSky | undefined {
  const { bands, clear, skipCloudy } = layers;
  if (skipCloudy === undefined) return undefined;
  const isMeasured = (i: number): boolean => {
    const { name, classes, isOnlyRead = false } = bands[i]!;
    if (classes) return false;
    return !isOnlyRead || clear?.bands.includes(name) === true || indices.some(({ base }) => base === i);
  };
  return skyUnder(layers, images, skipCloudy, isMeasured);
}

function skyUnder(
  { bands }: Layers,
  images: readonly Image[],
  { classes, widenM }: ClearRule,
  isMasked: (image: number) => boolean,
): SceneSky | undefined {
  const classMap = bands.findIndex((band) => band.classes);
  if (classMap === -1) return undefined;
  const named = images.map(({ grid }, i) => ({ name: bands[i]!.name, grid }));
  const maskings = named.map((band, i) => (isMasked(i) ? maskingOf(band, named[classMap]!) : undefined));
  const unclear = [...classes, ...withoutClass(images[classMap]!, bands[classMap]!)];
  return { classMap, unclear, widenM, maskings };
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
export function decodedFor(mask: SceneSky | undefined, coverages: readonly Coverage[]): AlsoDecoded[] {
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
