/** The indices of a staged scene: on which of its grids they lie, and how the grids of their bands lie on that. */
import { align, type Alignment, finest, type Program } from '../layers/index.js';
import type { Coverage } from '../zonal/index.js';
import type { Image } from './image.js';
import type { AlsoDecoded } from './masking.js';
import type { Manifest } from './scratch/staged-scene.js';

export interface SceneIndex {
  /** In the results table. */
  readonly name: string;
  readonly program: Program;
  readonly isOnlyClear: boolean;
  /** The staged band whose grid is the index's, by its place. */
  readonly base: number;
  /** In the order of the program's bands. */
  readonly inputs: readonly { readonly image: number; readonly alignment: Alignment }[];
}

/** @throws NotAligned naming two bands whose pixels don't lie on each other. */
export function sceneIndices(
  { bands, indices = [] }: Pick<Manifest, 'bands' | 'indices'>,
  images: readonly Image[],
): SceneIndex[] {
  const grids = bands.map(({ band }, i) => ({ name: band, grid: images[i]!.grid }));
  return indices.map(({ name, program, isOnlyClear = false }) => {
    const places = program.bands.map((band) => bands.findIndex((one) => one.band === band));
    const base = finest(places.map((image) => grids[image]!));
    return {
      ...{ name, program, isOnlyClear },
      base: grids.indexOf(base),
      inputs: places.map((image) => ({ image, alignment: align(base, grids[image]!) })),
    };
  });
}

/** Blocks of the indices' bands under the pixels of the grids that the indices lie on. */
export function decodedForIndices(
  indices: readonly SceneIndex[],
  coverages: readonly Coverage[],
): AlsoDecoded[] {
  return indices.flatMap(({ base, inputs }) =>
    inputs
      .filter(({ image }) => coverages[image] !== coverages[base])
      .map(({ image, alignment }) => ({ image, coverage: coverages[base]!, alignment })),
  );
}
