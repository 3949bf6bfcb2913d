/** Writes parcels: GeoParquet 1.1 with the names of fiboa, or the same columns in another format. */
import type pg from 'pg';
import { CopiedRows } from '../database/reads/copied-rows.js';
import { abandoning } from '../database/reads/copy-out.js';
import type { ParcelChoice } from '../database/reads/parcel-choice.js';
import { copyParcelsOut, type ExportedParcels, type ToDegrees } from '../database/reads/parcels-out.js';
import { ellipsoidSquareMetres } from '../database/selection/parcel-rule.js';
import { triedByProj } from '../database/session/session.js';
import { type Format, FORMATS } from './formats.js';
import { GeoNote } from './geo-note.js';
import { type Digest, HashedFile } from './hashed-file.js';
import type { LayoutColumn } from './layouts.js';
import type { Batch } from './table-file.js';

/** Of a row group, so that a reader of a small area fetches little. */
const GROUP_ROWS = 50_000;

const SIDES = { xmin: 'ST_XMin', ymin: 'ST_YMin', xmax: 'ST_XMax', ymax: 'ST_YMax' };

/** What fiboa's readers look for among the notes of a file: which schemas the columns follow. */
const SCHEMAS = [
  'https://vecorel.org/specification/v0.1.0/schema.yaml',
  'https://fiboa.org/specification/v0.3.0/schema.yaml',
];

/** Columns as fiboa names them (https://fiboa.org), then those of the table itself. */
export function parcelColumns({ key, others }: ExportedParcels, format: Format): LayoutColumn[] {
  const plain = { nullable: true } as const;
  const shape =
    format === 'csv' || format === 'gpkg'
      ? ({ type: 'text', sql: 'ST_AsText(g, 8)' } as const)
      : ({ type: 'bytes', sql: `ST_AsBinary(g, 'NDR')` } as const);
  const ours: LayoutColumn[] = [
    { name: 'id', type: 'text', sql: 'r.ogc_fid::text', nullable: false, meaning: 'the parcel, as text' },
    {
      name: 'pid',
      type: 'integer',
      sql: 'r.ogc_fid::int4',
      nullable: false,
      meaning: 'ogc_fid of the parcel',
    },
    {
      ...{ name: 'collection', type: 'text', sql: `'${key.replaceAll("'", "''")}'::text`, nullable: false },
      ...{ meaning: 'the parcel table', repeats: true },
    },
    { name: 'geometry', ...shape, ...plain, meaning: 'outline in degrees, longitude first (OGC:CRS84)' },
    ...Object.entries(format === 'gpkg' ? {} : SIDES).map(([name, side]): LayoutColumn => ({
      ...{ name, group: 'bbox', type: 'double', sql: `${side}(g)`, ...plain, ordered: true },
      meaning: 'box around the outline, degrees',
    })),
    {
      ...{ name: 'metrics:area', type: 'real', sql: `${ellipsoidSquareMetres('g')}::float4`, ...plain },
      meaning: 'area on the ellipsoid, m2',
    },
    {
      ...{ name: 'metrics:perimeter', type: 'real', sql: 'ST_Perimeter(g::geography)::float4', ...plain },
      meaning: 'length of the outline on the ellipsoid, m',
    },
  ];
  const taken = new Set(ours.flatMap(({ name, group }) => [name, group]));
  return [
    ...ours,
    ...others.map(({ name, type, sql }): LayoutColumn => ({
      name: taken.has(name) ? `${name}_of_table` : name,
      ...{ type, sql, ...plain, meaning: `column ${name} of the parcel table` },
    })),
  ];
}

export interface ParcelsOptions {
  readonly format: Format;
  readonly workshop: string;
  readonly madeBy: string;
  readonly onRows: (rows: number) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface MadeParcels extends Digest {
  readonly rows: number;
  readonly file: string;
  /** Degrees: west, south, east, north; undefined where there is none. */
  readonly bbox: readonly number[] | undefined;
}

export async function writeParcels(
  client: pg.ClientBase,
  choice: ParcelChoice,
  columns: readonly LayoutColumn[],
  options: ParcelsOptions,
): Promise<MadeParcels> {
  const made = await triedByProj(client, () => write(client, choice, columns, 'ST_Transform', options));
  // Parcels that PROJ refuses have no outline then.
  return made ?? (await write(client, choice, columns, 'parcelwise.transform_or_null', options));
}

async function write(
  client: pg.ClientBase,
  choice: ParcelChoice,
  columns: readonly LayoutColumn[],
  transform: ToDegrees,
  { format, workshop, madeBy, onRows, signal }: ParcelsOptions,
): Promise<MadeParcels> {
  const file = await HashedFile.create(`${workshop}/parcels`);
  const note = new GeoNote(columns);
  const collection = JSON.stringify({ schemas: { [choice.parcels.key]: SCHEMAS } });
  const notes = () => ({ ...note.texts(), collection });
  const table = FORMATS[format].open(file, columns, {
    ...{ madeBy, notes, layer: 'parcels', scratch: `${file.path}-between` },
  });
  const copied = new CopiedRows(
    columns.map(({ type }) => type),
    GROUP_ROWS,
  );
  let rows = 0;
  const put = async (batch: Batch): Promise<void> => {
    note.see(batch);
    rows += batch.rows;
    await table.write(batch);
    onRows(batch.rows);
  };
  try {
    for await (const bytes of copyParcelsOut(
      client,
      choice,
      columns.map(({ sql }) => sql),
      { transform, signal },
    ))
      await abandoning(async () => {
        for (const batch of copied.push(bytes)) await put(batch);
      });
    for (const batch of copied.end()) await put(batch);
    await table.finish();
  } catch (error) {
    await file.discard();
    throw error;
  }
  return { ...(await file.close()), rows, file: file.path, bbox: note.bbox };
}
