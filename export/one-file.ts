/** An export to one file, all of it anew each time: series or parcels. */
import type pg from 'pg';
import { inLongSnapshot } from '../database/reads/copy-out.js';
import { exportedScenes } from '../database/reads/exported-scenes.js';
import type { FilePlace } from '../store/file-place.js';
import type { ExportOptions } from './export.js';
import { type Format, FORMAT_NAMES, FORMATS } from './formats.js';
import { requireOgr2ogr } from './geopackage-table.js';
import { parcelColumns, writeParcels } from './parcels.js';
import type { MadePart } from './part-writer.js';
import { type ExportRequest, type Sources, sourcesOf } from './request.js';
import { layoutOf, rowsOf, totalOf } from './series-layout.js';
import { writeParts } from './series.js';

export interface FileOutcome {
  readonly rows: number;
  readonly bytes: number;
  /** Scenes that wait until what is being added to or renewed of them is done; they are left out. */
  readonly waiting: number;
}

/** Of a target that names a file, what its ending says. */
export function formatOf(target: string): Format | undefined {
  return FORMAT_NAMES.find((name) => target.toLowerCase().endsWith(`.${FORMATS[name].extension}`));
}

/**
 * Where there is no row, no file is made, and one that is there stays.
 * @throws as an export to a folder does
 */
export async function exportFile(
  place: FilePlace,
  name: string,
  pool: pg.Pool,
  request: ExportRequest,
  options: ExportOptions = {},
): Promise<FileOutcome> {
  if (request.format === 'gpkg') await requireOgr2ogr();
  const sources = await sourcesOf(pool, request);
  const write = request.what.includes('series') ? writeSeries : writeShapes;
  return await inLongSnapshot(pool, (client) => write(client, { place, name, request, sources, options }));
}

interface Writing {
  readonly place: FilePlace;
  readonly name: string;
  readonly request: ExportRequest;
  readonly sources: Sources;
  readonly options: ExportOptions;
}

async function writeSeries(
  client: pg.ClientBase,
  { place, name, request, sources, options }: Writing,
): Promise<FileOutcome> {
  const scenes = await exportedScenes(client, {
    ...{ catalogue: sources.catalogue, results: sources.results, kind: request.kind ?? 'raw' },
    ...{ card: request.card, from: request.from, to: request.to },
  });
  const settled = scenes.filter((scene) => scene.settled);
  const layout = layoutOf(request, sources, settled);
  const parts = settled.length === 0 ? [] : [{ path: name, partition: '', scenes: settled }];
  const total = totalOf(request, sources, parts);
  let rows = 0;
  let whole: MadePart | undefined;
  await writeParts(client, parts, rowsOf(request, sources, layout), {
    ...{ format: request.format, columns: layout.columns, workshop: place.workshop },
    ...{ madeBy: request.software, signal: options.signal },
    onRows: (more) => {
      rows += more;
      options.onProgress?.(rows, total);
    },
    onPart: async (_, made) => {
      await place.put(made.file, name, options.signal);
      whole = made;
    },
  });
  return { rows, bytes: whole?.bytes ?? 0, waiting: scenes.length - settled.length };
}

async function writeShapes(
  client: pg.ClientBase,
  { place, name, request, sources, options }: Writing,
): Promise<FileOutcome> {
  const { parcels } = sources;
  if (parcels === undefined) throw new Error('parcels are written without a parcel table');
  let rows = 0;
  const made = await writeParcels(
    client,
    sources.choice ?? { parcels },
    parcelColumns(parcels, request.format),
    {
      ...{ format: request.format, workshop: place.workshop, madeBy: request.software },
      signal: options.signal,
      onRows: (more) => {
        rows += more;
        options.onProgress?.(rows, undefined);
      },
    },
  );
  await place.put(made.file, name, options.signal);
  return { rows, bytes: made.bytes, waiting: 0 };
}
