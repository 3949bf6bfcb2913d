/** An export from its request to its files: what the target holds already is kept, as far as it is still true. */
import type pg from 'pg';
import { inLongSnapshot } from '../database/reads/copy-out.js';
import { type ExportedScene, exportedScenes } from '../database/reads/exported-scenes.js';
import { parcelRowsFingerprint } from '../database/reads/parcels-out.js';
import { scenesBox } from '../database/reads/scenes-box.js';
import { serverVersions } from '../database/certified/server-versions.js';
import type { FilePlace } from '../store/file-place.js';
import { FORMATS } from './formats.js';
import { requireOgr2ogr } from './geopackage-table.js';
import { itemOf } from './item.js';
import type { RowLayout } from './layouts.js';
import type { ManifestFile, ManifestScene } from './manifest.js';
import { parcelColumns, writeParcels } from './parcels.js';
import type { MadePart } from './part-writer.js';
import { type ExportPlan, type Part, planExport } from './plan.js';
import { type ExportRequest, identityOf, isPerDay, type Sources, sourcesOf } from './request.js';
import { layoutOf, rowsOf, totalOf } from './series-layout.js';
import { writeParts } from './series.js';
import { Target } from './target.js';

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

/**
 * @throws UserError where the target holds something else; DatabaseSetupError where a table is not there; DiskFull; what the store
 * says. What was finished by then is in its place, and the next run goes on from there.
 */
export async function exportTo(
  place: FilePlace,
  pool: pg.Pool,
  request: ExportRequest,
  options: ExportOptions = {},
): Promise<ExportOutcome> {
  if (request.format === 'gpkg') await requireOgr2ogr();
  const sources = await sourcesOf(pool, request);
  const target = await Target.open(place, await identityOf(pool, request, sources), request.software);
  return await inLongSnapshot(pool, async (client) =>
    new Run(client, target, request, sources, options).end(),
  );
}

/** One export, at one moment of the database. */
class Run {
  private readonly written: ManifestFile[] = [];
  private rows = 0;

  constructor(
    private readonly client: pg.ClientBase,
    private readonly target: Target,
    private readonly request: ExportRequest,
    private readonly sources: Sources,
    private readonly options: ExportOptions,
  ) {}

  async end(): Promise<ExportOutcome> {
    const { client, target, request, sources, written } = this;
    const scenes = await exportedScenes(client, {
      ...{ catalogue: sources.catalogue, results: sources.results, kind: request.kind ?? 'raw' },
      ...{ card: request.card, from: request.from, to: request.to },
    });
    const layout = layoutOf(request, sources, scenes);
    const plan = this.planned(scenes, layout);
    const without = await this.series(layout, plan);
    const parcels = await this.parcels();
    const files = [...plan.kept, ...parcels, ...written];
    const removed = await target.settle(files, [...plan.keptWithoutRows, ...without], (made) =>
      this.item(scenes, layout, made),
    );
    return {
      written: {
        files: written.length,
        rows: written.reduce((sum, { rows }) => sum + rows, 0),
        bytes: written.reduce((sum, { bytes }) => sum + bytes, 0),
      },
      ...{ kept: files.length - written.length, removed },
      ...{ scenes: scenes.length, waiting: scenes.filter(({ settled }) => !settled).length },
    };
  }

  private planned(scenes: readonly ExportedScene[], { columns }: RowLayout): ExportPlan {
    const { request, target } = this;
    const { extension } = FORMATS[request.format];
    const asked = request.what.includes('series') ? scenes : [];
    return planExport(asked, target, {
      ...{ by: request.by, perDay: isPerDay(request), extension },
      columns: columns.map(({ name }) => name),
    });
  }

  private async series(layout: RowLayout, { parts }: ExportPlan): Promise<ManifestScene[]> {
    const { request, target, options } = this;
    const total = totalOf(request, this.sources, parts);
    const without = await writeParts(this.client, parts, rowsOf(request, this.sources, layout), {
      ...{ format: request.format, columns: layout.columns, workshop: target.place.workshop },
      ...{ madeBy: request.software, signal: options.signal },
      onRows: (more) => {
        this.count(more, total);
      },
      onPart: (part, made) => this.put(made.file, partFile(part, made, layout)),
    });
    return without.flatMap((part) => part.scenes.map(sceneOf));
  }

  /** @returns the file that stands. */
  private async parcels(): Promise<ManifestFile[]> {
    const { client, request, sources, target, options } = this;
    const { parcels } = sources;
    if (parcels === undefined || !request.what.includes('parcels')) return [];
    const choice = sources.choice ?? { parcels };
    const fingerprint = await parcelRowsFingerprint(client, choice);
    const standing = target.files.find((file) => file.what === 'parcels' && file.fingerprint === fingerprint);
    if (standing !== undefined) return [standing];
    const made = await writeParcels(client, choice, parcelColumns(parcels, request.format), {
      ...{ format: request.format, workshop: target.place.workshop, madeBy: request.software },
      signal: options.signal,
      onRows: (more) => {
        this.count(more, undefined);
      },
    });
    const { file, rows, bytes, sha256, bbox } = made;
    const path = `parcels.${FORMATS[request.format].extension}`;
    const box = bbox === undefined ? undefined : [...bbox];
    await this.put(file, { path, what: 'parcels', bytes, sha256, rows, fingerprint, bbox: box });
    return [];
  }

  private async item(
    asked: readonly ExportedScene[],
    layout: RowLayout,
    made: string,
  ): Promise<Record<string, unknown>> {
    const { client, request, sources, target } = this;
    const { files, withoutRows, of } = target;
    const held = new Set(
      [...files.flatMap(({ scenes = [] }) => scenes), ...withoutRows].map(({ obsid }) => obsid),
    );
    const scenes = asked.filter(({ obsid }) => held.has(obsid));
    const box = files.find(({ bbox }) => bbox !== undefined)?.bbox;
    const { postgresql, postgis, proj } = await serverVersions(client);
    const parcels = sources.parcels && parcelColumns(sources.parcels, request.format);
    return itemOf({
      ...{ of, format: request.format, files, scenes, made },
      columns: { series: layout.columns, parcels: parcels ?? [] },
      bbox: box ?? (await scenesBox(client, sources.catalogue, [...held])),
      software: {
        parcelwise: request.software.replace(/^parcelwise /, ''),
        PostgreSQL: postgresql,
        PostGIS: postgis,
        PROJ: proj,
      },
    });
  }

  private count(more: number, total: number | undefined): void {
    this.rows += more;
    this.options.onProgress?.(this.rows, total);
  }

  private async put(file: string, told: ManifestFile): Promise<void> {
    await this.target.add(file, told, this.options.signal);
    this.written.push(told);
  }
}

function partFile(
  { path, partition, scenes }: Part,
  { rows, bytes, sha256 }: MadePart,
  layout: RowLayout,
): ManifestFile {
  const columns = layout.columns.map(({ name }) => name);
  const told = { path, what: 'series', bytes, sha256, rows, pending: true } as const;
  return { ...told, partition, columns, scenes: scenes.map(sceneOf) };
}

function sceneOf({ obsid, reference, card, day, extracted, stamp }: ExportedScene): ManifestScene {
  return { obsid, reference, card: card.trim(), day, extracted, stamp };
}
