/** Of which parcels the layers of a chunk are measured that is stored already: of all of it, or of those that were skipped. */
import { without } from './chunk-selection.js';
import type { Gap } from './gaps.js';
import type { LackingChunk } from './scratch/scene-plan.js';

/** The layers of one chunk. */
export class ChunkLayers {
  /** Layers that were skipped in the same parcels share their list. */
  private readonly some = new Map<string, readonly number[]>();

  /** @param lacking undefined where nothing of the chunk is stored */
  constructor(private readonly lacking: LackingChunk | undefined) {
    for (const { layers, pids } of lacking?.skipped ?? []) {
      const left = without(pids, lacking!.changed);
      for (const layer of layers) this.some.set(layer, left);
    }
  }

  /** Whether a layer is measured at all. */
  has(layer: string): boolean {
    return this.lacking === undefined || this.lacking.layers.includes(layer) || this.some.has(layer);
  }

  /** The parcels that a layer is measured of, ascending; undefined where these are all of the chunk. */
  only(layer: string): readonly number[] | undefined {
    return this.some.get(layer);
  }

  /** The reasons of parcels that are others now than those the chunk was stored of. */
  changed(): Gap[] {
    if (this.lacking === undefined) return [];
    const { layers, changed, skipped = [] } = this.lacking;
    const isChanged = new Set(changed);
    const parts = [
      { layers, pids: changed },
      ...skipped.map((one) => ({ ...one, pids: one.pids.filter((pid) => isChanged.has(pid)) })),
    ];
    return parts.flatMap(({ layers, pids }) =>
      pids.length === 0 ? [] : layers.map((band): Gap => ({ band, reason: 'changed', pids })),
    );
  }
}
