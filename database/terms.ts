/**
 * The terms of the database.
 *
 * Terms. *Catalogue*: CbM's table of scenes, `dias_catalogue`. *Scene*: one row of it. *Parcel*: one row of the parcel table,
 * named by `ogc_fid` (`pid` in results). *AOI*: the area of interest, the rows of the AOI table with one name. *Extraction*:
 * one scene turned into rows of one results table. *Claim*: the right of one workflow run to do that. *Owner*: that run.
 * *Plan*: an extraction's chunks, fixed once. *Chunk*: a range of `ogc_fid`. *Ledger*: which chunks are stored.
 */

/** CbM's tables, each as in db_config.json: `table` or `schema.table`, case kept. */
export interface Tables {
  readonly catalogue: string;
  readonly aois: string;
  readonly parcels: string;
  readonly results: string;
  /** Histograms of a class map are kept only where this is set. */
  readonly hists?: string | undefined;
  /** Of the results table's shape: statistics of clear pixels are kept only where this is set. */
  readonly clear?: string | undefined;
}

/**
 * Where a scene's status word stands. `catalogue`: in `dias_catalogue.status`, which every tool of CbM reads, and which can
 * serve one results table at a time. `parcelwise`: in `parcelwise.extraction` only, a word for each results table.
 */
export type StatusIn = 'catalogue' | 'parcelwise';

/** Which scenes and which parcels a campaign is about. */
export interface Selection {
  readonly tables: Tables;
  /** The rows of the AOI table in whose column `field` stands `name`. */
  readonly aoi: { readonly field: string; readonly name: string };
  /** Days or times, UTC: `start` <= obstime <= `end`, as BETWEEN in CbM's scripts. */
  readonly period: { readonly start: string; readonly end: string };
  readonly card: string;
  /** Parcels of this area or less are left out, square metres. */
  readonly minAreaM2: number;
  /** `catalogue` where nothing else is said. */
  readonly statusIn?: StatusIn | undefined;
}

/** A workflow run: the id of the scene workflow and of the first run of its chain. */
export interface Owner {
  readonly workflowId: string;
  readonly runId: string;
}

/** Names an extraction: `results` is the results table's canonical name (`Table.key`), so that it has one spelling only. */
export interface ExtractionKey {
  readonly results: string;
  readonly obsid: number;
}

/** A table that exists: `key` is its canonical name, quoted where it must be, and safe to stand in a statement. */
export interface Table {
  readonly key: string;
  readonly oid: number;
}

export interface Scene {
  /** `id` of the catalogue row. */
  readonly obsid: number;
  readonly reference: string;
  /** UTC, ISO 8601 without zone. */
  readonly obstime: string;
  readonly sensor: string;
  readonly card: string;
  readonly status: string;
}

/** Which pixels a parcel has: centre within it, touched by it, wholly within it, or all of them by the share that it covers. */
export type PixelRule = 'centre' | 'touched' | 'inside' | 'fraction';

/** Which pixels are clear, and how many of them a row needs. */
export interface ClearRule {
  /** Classes of the class map whose pixels are left out. */
  readonly classes: readonly number[];
  /** The ground left out is grown by so much, metres. */
  readonly widenM: number;
  readonly minPixels: number;
  /** Parcels shrink by so much, metres. */
  readonly innerBufferM: number;
}

/** By which rule rows are measured: of two rules, they can't be compared. */
export interface MeasuringRule {
  readonly pixels: PixelRule;
  /** Parcels shrink by so much before raw rows are measured, metres. */
  readonly innerBufferM: number;
  /** Indices among the bands, by name: expressions of bands. */
  readonly indices: Readonly<Record<string, string>>;
  /** Where clear rows are kept. */
  readonly clear?: ClearRule | undefined;
}

/** A raster's grid, as far as the choice of parcels depends on it: steps in units of its CRS, `stepY` < 0. */
export interface Grid {
  readonly epsg: number;
  readonly width: number;
  readonly height: number;
  readonly originX: number;
  readonly originY: number;
  readonly stepX: number;
  readonly stepY: number;
}

/** Parcels `firstPid` <= ogc_fid <= `lastPid` of one extraction. */
export interface Chunk {
  readonly chunk: number;
  readonly firstPid: number;
  readonly lastPid: number;
}

/**
 * Why a parcel that was met has no row of a layer, the first that holds: it lies beside the raster; it has no pixel by the
 * pixel rule (which is so too where PROJ can't transform it to the raster's CRS); its pixels are all no-data; none of those
 * with data is clear; fewer are clear than a row needs. These two are of clear layers alone, but for `cloudy` of a raw layer: the
 * parcel was skipped, and its data are not known. `changed` is of layers that were added: the parcel is another than the one that
 * the scene's rows are of.
 */
export type GapReason = 'outside' | 'no-pixel' | 'no-data' | 'cloudy' | 'too-few-pixels' | 'changed';

/** What became of the parcels of a chunk or a scene. */
export interface Accounts {
  /** Parcels selected: met by the scene, in the AOI, large enough. */
  readonly parcels: number;
  /** Rows written to the results table, and to the histograms table. */
  readonly rows: number;
  readonly hists: number;
  /** Rows written to the table of clear rows; left out where the extraction has none. */
  readonly clear?: number | undefined;
  /** Parcels without a row, by layer (`B04`, `B04:clear`) and reason. */
  readonly gaps: Readonly<Record<string, Partial<Record<GapReason, number>>>>;
  /** Pixels of the parcels that an index has no value of, by its name and the reason; left out where there are none. */
  readonly withoutValue?: WithoutValue | undefined;
}

/** Pixels without a value, by index and reason (`missing-input`, `zero-denominator`, `undefined`, `infinite`). */
export type WithoutValue = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** The status word of a scene under which no parcel lies. */
export const NO_PARCELS = 'no_parcels';

/** What is entered of such a scene. */
export const NONE_UNDER_IT = {
  status: NO_PARCELS,
  reason: 'no parcel of the area of interest lies under the footprint',
};
