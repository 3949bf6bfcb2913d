/** The plan of a staged scene, as it lies on the disk: which chunks this host extracts, by which coverages, of which parcels. */
import type { Skipped } from '../../database/ledger/skipped.js';
import type { Chunk } from '../../database/terms.js';
import type { Bounds } from '../../zonal/index.js';
import { isRecord } from './scratch-file.js';

/** What planning found out on this host. */
export interface ScenePlan {
  /** The footprint's box in the parcel table's CRS. */
  readonly footprint: Bounds;
  /** Fingerprint of the parcels that were planned. */
  readonly parcelSet: string;
  /** Parcels the scene meets that lie beyond the grid, ascending. */
  readonly outside: readonly number[];
  /** The coverage's cache key for each band of the manifest. */
  readonly coverages: readonly string[];
  /** The same of the bands whose histograms have pixels of their own, by the band's place. */
  readonly histogramCoverages?: Readonly<Record<number, string>> | undefined;
  /** The same of clear rows, for each band, where parcels shrink otherwise for them. */
  readonly clearCoverages?: readonly string[] | undefined;
  /** Chunks this host was asked to extract. */
  readonly pending: readonly number[];
  /** Their ranges, where those are not all of the scene: of no other chunk's parcels anything is decoded. */
  readonly ranges?: readonly Chunk[] | undefined;
  /** The parcels of those chunks that are not about all of their range. */
  readonly only?: Readonly<Record<number, readonly number[]>> | undefined;
  /** Those of them that are stored, and what they lack. */
  readonly lacking?: Readonly<Record<number, LackingChunk>> | undefined;
}

/** Its parcels that have not changed since are those of `only`. */
export interface LackingChunk {
  readonly layers: readonly string[];
  /** Of layers that it has, parcels that were skipped; left out by workers of before. */
  readonly skipped?: readonly Skipped[] | undefined;
  /** All parcels of these that were redrawn since, or that the scene does not meet any more, ascending. */
  readonly changed: readonly number[];
}

export function isPlan(value: unknown): value is ScenePlan {
  return (
    isRecord(value) &&
    value.footprint !== undefined &&
    typeof value.parcelSet === 'string' &&
    ['outside', 'coverages', 'pending'].every((field) => Array.isArray(value[field])) &&
    (value.ranges === undefined || Array.isArray(value.ranges)) &&
    (value.only === undefined || isRecord(value.only)) &&
    (value.lacking === undefined || isRecord(value.lacking)) &&
    (value.histogramCoverages === undefined || isRecord(value.histogramCoverages)) &&
    (value.clearCoverages === undefined || Array.isArray(value.clearCoverages))
  );
}
