/** How far a certificate goes into a scene: chunks that a renewal adds later are no part of it. */

export interface SceneChunks {
  readonly obsid: number;
  /** Chunks are numbered from 0; those below this number count. */
  readonly chunks: number;
}

/** More than any scene has. */
export const ALL_CHUNKS = 2 ** 31 - 1;

/** As two arrays for `unnest`. */
export function chunksOf(scenes: readonly SceneChunks[]): [number[], number[]] {
  return [scenes.map(({ obsid }) => obsid), scenes.map(({ chunks }) => chunks)];
}
