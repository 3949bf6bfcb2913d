/** What is read of a scene of which some chunks are stored already: the pixels of the others' parcels. */
import type { Chunk } from '../database/terms.js';
import type { Skipped } from '../database/ledger/skipped.js';
import { type Coverage, withoutPixelsOf } from '../zonal/index.js';
import type { Needs } from './needed-windows.js';

/** A chunk that is to be extracted. */
export interface PendingChunk extends Pick<Chunk, 'firstPid' | 'lastPid'> {
  /** It is about these parcels of its range; undefined: about all of them. */
  readonly only?: readonly number[] | undefined;
  /** What it lacks, where it is stored; undefined where that is all of it. */
  readonly lacking?:
    { readonly layers: readonly string[]; readonly skipped?: readonly Skipped[] | undefined } | undefined;
}

/** What a plan says of chunks. */
interface ToldOfChunks {
  readonly only?: Readonly<Record<number, readonly number[]>> | undefined;
  readonly lacking?: Readonly<Record<number, NonNullable<PendingChunk['lacking']>>> | undefined;
}

/** Chunks with what their plan says of each. */
export function pendingOf(chunks: readonly Chunk[], { only, lacking }: ToldOfChunks): PendingChunk[] {
  return chunks.map((chunk) => ({
    ...chunk,
    only: only?.[chunk.chunk],
    lacking: lacking?.[chunk.chunk],
  }));
}

/** The needs of some chunks alone; of the class map, which tells of pixels around parcels too, all stays. */
export function needsOfChunks<Some extends Needs>(needs: Some, chunks: readonly PendingChunk[]): Some {
  const narrowed = new Map<Coverage, Map<string, Coverage>>();
  const narrow = (image: number, coverage: Coverage): Coverage => {
    if (image === needs.classMap) return coverage;
    const layers = needs.readFor?.[image];
    const isOf = layers && new Set(layers);
    const read = chunks.flatMap((chunk) => partsOf(chunk, isOf));
    const key = layers?.join(' ') ?? '';
    const known = narrowed.get(coverage) ?? new Map<string, Coverage>();
    narrowed.set(coverage, known);
    const left = known.get(key) ?? withoutPixelsOf(coverage, parcelsOfNone(coverage, read));
    known.set(key, left);
    return left;
  };
  return {
    ...needs,
    coverages: needs.coverages.map((coverage, image) => narrow(image, coverage)),
    alsoDecoded: needs.alsoDecoded?.map((one) => ({ ...one, coverage: narrow(one.image, one.coverage) })),
  };
}

/** The parts of a chunk that an image is read for, by the layers that are made of it. */
function partsOf(chunk: PendingChunk, isOf: ReadonlySet<string> | undefined): PendingChunk[] {
  const { lacking, firstPid, lastPid } = chunk;
  const concerns = (layers: readonly string[]): boolean => layers.some((layer) => isOf?.has(layer) ?? true);
  if (lacking === undefined || concerns(lacking.layers)) return [chunk];
  const { skipped = [] } = lacking;
  return skipped.flatMap(({ layers, pids }) => (concerns(layers) ? [{ firstPid, lastPid, only: pids }] : []));
}

/** 1 for each parcel of a coverage, by its place, that is in none of the chunks. */
function parcelsOfNone(coverage: Coverage, chunks: readonly PendingChunk[]): Uint8Array {
  const left = new Uint8Array(coverage.count).fill(1);
  for (const { firstPid, lastPid, only } of chunks) {
    if (only === undefined) {
      const { from, to } = coverage.range(firstPid, lastPid);
      left.fill(0, from, to);
      continue;
    }
    for (const pid of only) {
      const { from, to } = coverage.range(pid, pid);
      left.fill(0, from, to);
    }
  }
  return left;
}
