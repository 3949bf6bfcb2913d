/** The parcels of a chunk on each of its coverages, and which of them are measured. */
import type { Chunk } from '../database/terms.js';
import type { Bounds, Coverage } from '../zonal/index.js';
import { select, unionAscending, without } from './chunk-selection.js';

/** Parcels of one coverage. */
export interface ChosenParcels {
  /** Their places in the coverage. */
  readonly selection: Int32Array;
  readonly pids: Int32Array;
  /** Parcels that are the chunk's too, and are not measured since they are cloudy; ascending. */
  readonly cloudy: readonly number[];
}

/** Which parcels a chunk is about. */
export interface ParcelsOfChunk {
  readonly chunk: Chunk;
  /** The footprint's box in the parcel table's CRS: parcels whose box does not meet it are not the scene's. */
  readonly footprint: Bounds;
  /** Parcels of the scene beyond the grid, ascending. */
  readonly outside: readonly number[];
  /** The chunk is about these parcels of its range, ascending; undefined: about all of them. */
  readonly only?: readonly number[] | undefined;
  /** One a coverage, where cloudy parcels are left out: 1 for those, by their places. */
  readonly cloudy?: readonly (Uint8Array | undefined)[] | undefined;
}

export class ChunkParcels {
  /** All parcels of the chunk, those beyond the grids among them, ascending. */
  readonly met: readonly number[];
  private readonly all: readonly ChosenParcels[];
  private readonly clear: readonly ChosenParcels[];
  private readonly beyond: readonly (readonly number[])[];
  private readonly narrowed = new Map<ChosenParcels, Map<readonly number[], ChosenParcels>>();

  constructor(
    { chunk, footprint, outside, only: listed, cloudy = [] }: ParcelsOfChunk,
    private readonly coverages: readonly Coverage[],
  ) {
    const only = listed && new Set(listed);
    this.all = coverages.map((coverage) => chosen(coverage, select(coverage, chunk, footprint, only)));
    this.clear = coverages.map((coverage, i) => {
      const all = this.all[i]!;
      return cloudy[i] ? withoutCloudy(coverage, all, cloudy[i]) : all;
    });
    const beside = outside.filter(
      (pid) => pid >= chunk.firstPid && pid <= chunk.lastPid && (only?.has(pid) ?? true),
    );
    this.met = unionAscending([...this.all.map(({ pids }) => pids), beside]);
    // Grids of one scene end a little apart, so a parcel may be met by one and lie beyond the other.
    this.beyond = this.all.map(({ pids }) =>
      pids.length === this.met.length ? [] : without(this.met, pids),
    );
  }

  /**
   * @param evenCloudy whether cloudy parcels are measured too
   * @param only the parcels that a layer is measured of; by default all of the chunk. Of one list, which layers share, the answer is the same
   */
  of(coverage: number, evenCloudy: boolean, only?: readonly number[]): ChosenParcels {
    const parcels = (evenCloudy ? this.all : this.clear)[coverage]!;
    if (only === undefined) return parcels;
    const known = this.narrowed.get(parcels) ?? new Map<readonly number[], ChosenParcels>();
    this.narrowed.set(parcels, known);
    const narrowed = known.get(only) ?? amongThose(this.coverages[coverage]!, parcels, new Set(only));
    known.set(only, narrowed);
    return narrowed;
  }

  /** Parcels, of these or of all, that the coverage does not have. */
  outside(coverage: number, only?: readonly number[]): readonly number[] {
    const beyond = this.beyond[coverage]!;
    if (only === undefined || beyond.length === 0) return beyond;
    const wanted = new Set(only);
    return beyond.filter((pid) => wanted.has(pid));
  }
}

function amongThose(
  coverage: Coverage,
  { selection, cloudy }: ChosenParcels,
  only: ReadonlySet<number>,
): ChosenParcels {
  return chosen(
    coverage,
    selection.filter((parcel) => only.has(coverage.pids[parcel]!)),
    cloudy.filter((pid) => only.has(pid)),
  );
}

function chosen({ pids }: Coverage, selection: Int32Array, cloudy: readonly number[] = []): ChosenParcels {
  return { selection, pids: selection.map((parcel) => pids[parcel]!), cloudy };
}

function withoutCloudy(coverage: Coverage, { selection }: ChosenParcels, cloudy: Uint8Array): ChosenParcels {
  const skipped = selection.filter((parcel) => cloudy[parcel] === 1);
  if (skipped.length === 0) return chosen(coverage, selection);
  return chosen(
    coverage,
    selection.filter((parcel) => cloudy[parcel] !== 1),
    Array.from(skipped, (parcel) => coverage.pids[parcel]!),
  );
}
