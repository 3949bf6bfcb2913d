/** What an export is asked for, and what of the database it is read from. */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import { namedArea } from '../database/reads/named-area.js';
import { type ExportedTable, exportedTable } from '../database/reads/exported-table.js';
import type { ChosenArea, ParcelChoice } from '../database/reads/parcel-choice.js';
import { type ExportedParcels, exportedParcels } from '../database/reads/parcels-out.js';
import { type ReadColumn, readColumns } from '../database/reads/read-columns.js';
import type { ViewedCard } from '../database/results/observation-views.js';
import { findResultsViews, type ResultsViews } from '../database/results/results-views.js';
import { databaseId } from '../database/session/database-id.js';
import { DatabaseSetupError } from '../database/session/errors.js';
import { requireTable } from '../database/session/identifier.js';
import type { Table } from '../database/terms.js';
import type { Format } from './formats.js';
import type { Layout } from './layouts.js';
import type { ExportOf } from './manifest.js';
import type { Partition } from './plan.js';

export interface ExportRequest {
  readonly tables: {
    readonly catalogue: string;
    readonly aois: string;
    readonly results: string;
    readonly clear?: string | undefined;
    readonly parcels: string;
  };
  readonly what: readonly ('series' | 'parcels')[];
  readonly format: Format;
  readonly layout: Layout;
  /** Undefined: raw rows, or both side by side where the layout has both. */
  readonly kind?: 'raw' | 'clear' | undefined;
  /** Only the best observation of a parcel and day. */
  readonly best?: boolean | undefined;
  readonly by: readonly Partition[];
  readonly bands?: readonly string[] | undefined;
  readonly card?: string | undefined;
  /** UTC, both included. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Series of the parcels of the table alone. */
  readonly onlyParcels?: boolean | undefined;
  readonly area?: ExportArea | undefined;
  /** What the columns of wide rows are made of. */
  readonly cards: readonly ViewedCard[];
  /** parcelwise and its version. */
  readonly software: string;
}

/** A name of the AOI table, in this column; or a GeoJSON geometry in degrees. */
export type ExportArea = { readonly name: string; readonly field: string } | { readonly geojson: string };

export interface Sources {
  readonly catalogue: Table;
  readonly results: Table;
  /** The rows' own table. */
  readonly rows: ExportedTable;
  /** Where they are asked for. */
  readonly parcels?: ExportedParcels | undefined;
  /** Undefined: every parcel that has rows. */
  readonly choice?: ParcelChoice | undefined;
  /** Where the rows of a day depend on each other. */
  readonly views?: { readonly names: ResultsViews; readonly series: readonly ReadColumn[] } | undefined;
}

/** Whether a row depends on the other scenes of its day. */
export function isPerDay({ layout, best }: ExportRequest): boolean {
  return layout === 'wide' || best === true;
}

/** @throws DatabaseSetupError naming what is not there, and the remedy. */
export async function sourcesOf(pool: pg.Pool, request: ExportRequest): Promise<Sources> {
  const { tables, kind, what, area, onlyParcels } = request;
  const catalogue = await requireTable(pool, tables.catalogue, 'catalogue_table');
  const results = await exportedTable(pool, tables.results, 'results_table');
  const rows =
    kind === 'clear' && request.layout !== 'wide'
      ? await exportedTable(pool, tables.clear ?? '', 'clear_table')
      : results;
  const isLimited = onlyParcels === true || area !== undefined;
  const parcels =
    what.includes('parcels') || isLimited ? await exportedParcels(pool, tables.parcels) : undefined;
  const chosen = area && (await areaOf(pool, tables.aois, area));
  return {
    ...{ catalogue, results, rows, parcels },
    ...(parcels && isLimited && { choice: { parcels, area: chosen } }),
    ...(isPerDay(request) && { views: await viewsOf(pool, results) }),
  };
}

async function viewsOf(pool: pg.Pool, results: Table): Promise<NonNullable<Sources['views']>> {
  const names = await findResultsViews(pool, results);
  if (names === undefined)
    throw new DatabaseSetupError(
      `there are no views of ${results.key} that this role may read`,
      'Run parcelwise init as the owner, which makes them, and grant SELECT on them',
    );
  return { names, series: await readColumns(pool, await requireTable(pool, names.series, 'results_table')) };
}

async function areaOf(pool: pg.Pool, aois: string, area: ExportArea): Promise<ChosenArea> {
  return 'geojson' in area ? area : await namedArea(pool, aois, area);
}

/** What has to be the same for files of one target to be told together. */
export async function identityOf(
  pool: pg.Pool,
  request: ExportRequest,
  { catalogue, results, rows, choice }: Sources,
): Promise<ExportOf> {
  const { kind, layout, format, by, best = false, bands, area, what } = request;
  const areaName = area && ('name' in area ? area.name : `geojson ${digest(area.geojson)}`);
  return {
    ...{ database: (await databaseId(pool)).id, catalogue: catalogue.key, results: results.key },
    ...{ table: rows.key, parcels: choice?.parcels.key ?? null, what: what.join(',') },
    ...{ layout, kind: kind ?? (layout === 'wide' ? 'both' : 'raw'), format, by: by.join(','), best },
    ...{ bands: bands?.toSorted() ?? null, area: areaName ?? null },
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
