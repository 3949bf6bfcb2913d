/** An export from its request to its files: what the target holds already is kept, as far as it is still true. */
import type pg from 'pg';
import { inLongSnapshot } from '../database/reads/copy-out.js';
import { type ExportedScene, exportedScenes } from '../database/reads/exported-scenes.js';
import { type ExportedTable, exportedTable } from '../database/reads/exported-table.js';
import type { ChosenArea, ParcelChoice } from '../database/reads/parcel-choice.js';
import type { SeriesRows } from '../database/reads/series-rows.js';
import { databaseId } from '../database/session/database-id.js';
import { requireTable } from '../database/session/identifier.js';
import type { Table } from '../database/terms.js';
import type { FilePlace } from '../store/file-place.js';
import { type Format, FORMATS } from './formats.js';
import { type Layout, longLayout, type RowLayout, spvLayout } from './layouts.js';
import type { ManifestFile, ManifestScene } from './manifest.js';
import { type Partition, planExport } from './plan.js';
import { writeParts, type WrittenPart } from './series.js';
import { Target } from './target.js';

export interface ExportRequest {
  readonly tables: {
    readonly catalogue: string;
    readonly results: string;
    readonly clear?: string | undefined;
    readonly parcels: string;
  };
  readonly format: Format;
  readonly layout: Layout;
  readonly kind: 'raw' | 'clear';
  readonly by: readonly Partition[];
  readonly bands?: readonly string[] | undefined;
  readonly card?: string | undefined;
  /** UTC, both included. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** parcelwise and its version. */
  readonly software: string;
}

export interface ExportOptions {
  readonly signal?: AbortSignal | undefined;
  /** Rows written so far, and how many there will be, where that is known. */
  readonly onProgress?: (rows: number, total: number | undefined) => void;
}

export interface ExportOutcome {
  readonly written: { readonly files: number; readonly rows: number; readonly bytes: number };
  /** Files that stood. */
  readonly kept: number;
  readonly removed: number;
  readonly scenes: number;
  /** Scenes that wait until what is being added to or renewed of them is done. */
  readonly waiting: number;
}

export async function exportTo(
  place: FilePlace,
  pool: pg.Pool,
  request: ExportRequest,
  options: ExportOptions = {},
): Promise<ExportOutcome> {
  const sources = await sourcesOf(pool, request);
  const target = await Target.open(place, await identityOf(pool, request, sources), request.software);
  return await inLongSnapshot(pool, async (client) => {
    const scenes = await exportedScenes(client, { ...request, ...sources });
    const { extension } = FORMATS[request.format];
    const plan = planExport(scenes, target, { by: request.by, perDay: false, extension });
    const total = plan.parts.every((part) => part.scenes.every(({ rows }) => rows !== null))
      ? plan.parts.flatMap((part) => part.scenes).reduce((sum, { rows }) => sum + (rows ?? 0), 0)
      : undefined;
    const written: ManifestFile[] = [];
    const empty: ManifestScene[] = [];
    let rows = 0;
    const layout = layoutOf(request, sources);
    await writeParts(client, plan.parts, seriesOf(request, sources, layout), {
      ...{ open: FORMATS[request.format].open, columns: layout.columns, workshop: place.workshop },
      ...{ madeBy: request.software, signal: options.signal },
      onRows: (more) => {
        rows += more;
        options.onProgress?.(rows, total);
      },
      onPart: async (part) => {
        if (part.file === undefined) empty.push(...part.part.scenes.map(sceneOf));
        else {
          const told = fileOf(part);
          await target.add(part.file, told, options.signal);
          written.push(told);
        }
      },
    });
    const removed = target.files.length - plan.kept.length - written.length;
    await target.settle([...plan.kept, ...written], [...plan.keptWithoutRows, ...empty]);
    const bytes = written.reduce((sum, file) => sum + file.bytes, 0);
    return {
      written: { files: written.length, rows, bytes },
      ...{ kept: plan.kept.length, removed, scenes: scenes.length },
      waiting: scenes.filter(({ settled }) => !settled).length,
    };
  });
}

interface Sources {
  readonly catalogue: Table;
  readonly results: Table;
  /** The rows' own table. */
  readonly rows: ExportedTable;
  readonly choice?: ParcelChoice | undefined;
  readonly area?: ChosenArea | undefined;
}

async function sourcesOf(pool: pg.Pool, { tables, kind }: ExportRequest): Promise<Sources> {
  const catalogue = await requireTable(pool, tables.catalogue, 'catalogue_table');
  const results = await exportedTable(pool, tables.results, 'results_table');
  const rows = kind === 'raw' ? results : await exportedTable(pool, tables.clear ?? '', 'clear_table');
  return { catalogue, results, rows };
}

async function identityOf(pool: pg.Pool, request: ExportRequest, sources: Sources) {
  return {
    ...{
      database: (await databaseId(pool)).id,
      catalogue: sources.catalogue.key,
      results: sources.results.key,
    },
    ...{ table: sources.rows.key, parcels: null, kind: request.kind, layout: request.layout },
    ...{
      format: request.format,
      by: request.by.join(','),
      best: false,
      bands: request.bands?.toSorted() ?? null,
    },
    area: null,
  };
}

function layoutOf({ layout }: ExportRequest, { rows }: Sources): RowLayout {
  return layout === 'spv' ? spvLayout(rows.statistics) : longLayout(rows.statistics);
}

function seriesOf({ bands }: ExportRequest, { rows, choice }: Sources, layout: RowLayout): SeriesRows {
  return {
    ...{
      columns: layout.columns.map(({ sql }) => sql),
      from: rows.key,
      orderBy: layout.orderBy,
      byDay: false,
    },
    ...{ bands, choice },
  };
}

function fileOf({ part, rows, bytes, sha256 }: WrittenPart): ManifestFile {
  const { path, partition, scenes } = part;
  return { path, what: 'series', bytes, sha256, rows, pending: true, partition, scenes: scenes.map(sceneOf) };
}

function sceneOf({ obsid, reference, card, day, extracted, stamp }: ExportedScene): ManifestScene {
  return { obsid, reference, card: card.trim(), day, extracted, stamp };
}
