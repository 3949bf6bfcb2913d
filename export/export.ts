/** An export from its request to its files: what the target holds already is kept, as far as it is still true. */
import type pg from 'pg';
import { inLongSnapshot } from '../database/reads/copy-out.js';
import { type ExportedScene, exportedScenes } from '../database/reads/exported-scenes.js';
import { parcelRowsFingerprint } from '../database/reads/parcels-out.js';
import type { SeriesRows } from '../database/reads/series-rows.js';
import type { FilePlace } from '../store/file-place.js';
import { FORMATS } from './formats.js';
import { longLayout, type RowLayout, spvLayout } from './layouts.js';
import type { ManifestFile, ManifestScene } from './manifest.js';
import { parcelColumns, writeParcels } from './parcels.js';
import type { MadePart } from './part-writer.js';
import { type ExportPlan, type Part, planExport } from './plan.js';
import { type ExportRequest, identityOf, isPerDay, type Sources, sourcesOf } from './request.js';
import { writeParts } from './series.js';
import { Target } from './target.js';
import { wideLayout } from './wide.js';

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
  const sources = await sourcesOf(pool, request);
  const target = await Target.open(place, await identityOf(pool, request, sources), request.software);
  return await inLongSnapshot(pool, async (client) =>
    new Run(client, target, request, sources, options).end(),
  );
}

/** One export, at one moment of the database. */
class Run {
  private readonly written: ManifestFile[] = [];

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
    const plan = this.planned(scenes);
    const without = await this.series(scenes, plan);
    const parcels = await this.parcels();
    const files = [...plan.kept, ...parcels, ...written];
    const removed = await target.settle(files, [...plan.keptWithoutRows, ...without]);
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

  private planned(scenes: readonly ExportedScene[]): ExportPlan {
    const { request, target } = this;
    const { extension } = FORMATS[request.format];
    const asked = request.what.includes('series') ? scenes : [];
    return planExport(asked, target, { by: request.by, perDay: isPerDay(request), extension });
  }

  private async series(scenes: readonly ExportedScene[], { parts }: ExportPlan): Promise<ManifestScene[]> {
    const { request, target, options } = this;
    const layout = layoutOf(request, this.sources, scenes);
    const counted = parts.flatMap((part) => part.scenes.map(({ rows }) => rows));
    const isKnown = !isPerDay(request) && request.bands === undefined && this.sources.choice === undefined;
    const total =
      isKnown && !counted.includes(null) ? counted.reduce<number>((sum, n) => sum + (n ?? 0), 0) : undefined;
    let rows = 0;
    const without = await writeParts(this.client, parts, rowsOf(request, this.sources, layout), {
      ...{ format: request.format, columns: layout.columns, workshop: target.place.workshop },
      ...{ madeBy: request.software, signal: options.signal },
      onRows: (more) => {
        rows += more;
        options.onProgress?.(rows, total);
      },
      onPart: (part, made) => this.put(made.file, partFile(part, made)),
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
    });
    const { file, rows, bytes, sha256 } = made;
    const path = `parcels.${FORMATS[request.format].extension}`;
    await this.put(file, { path, what: 'parcels', bytes, sha256, rows, fingerprint });
    return [];
  }

  private async put(file: string, told: ManifestFile): Promise<void> {
    await this.target.add(file, told, this.options.signal);
    this.written.push(told);
  }
}

function layoutOf(
  request: ExportRequest,
  { rows, views }: Sources,
  scenes: readonly ExportedScene[],
): RowLayout {
  if (request.layout === 'spv') return spvLayout(rows.statistics);
  if (request.layout === 'long' || views === undefined) return longLayout(rows.statistics);
  const stored = [...new Set(scenes.flatMap(({ bands }) => bands))];
  const known = scenes.every(({ bands }) => bands.length > 0) ? stored : undefined;
  return wideLayout(views.series, {
    cards: request.cards,
    bands: request.bands ?? known,
    kind: request.kind,
  });
}

function rowsOf(
  { bands, layout: name, best }: ExportRequest,
  { rows, choice, views }: Sources,
  layout: RowLayout,
): SeriesRows {
  const isWide = name === 'wide';
  return {
    ...{ columns: layout.columns.map(({ sql }) => sql), orderBy: layout.orderBy, choice },
    ...{ from: isWide && views ? views.names.series : rows.key, byDay: isWide },
    ...(!isWide && { bands }),
    ...(!isWide && best === true && { observations: views?.names.observations }),
  };
}

function partFile({ path, partition, scenes }: Part, { rows, bytes, sha256 }: MadePart): ManifestFile {
  return { path, what: 'series', bytes, sha256, rows, pending: true, partition, scenes: scenes.map(sceneOf) };
}

function sceneOf({ obsid, reference, card, day, extracted, stamp }: ExportedScene): ManifestScene {
  return { obsid, reference, card: card.trim(), day, extracted, stamp };
}
