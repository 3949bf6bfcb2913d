/**
 * Looks a parcel table over before a campaign: what would stop it, which parcels would get no rows, and what is odd but
 * harmless. It only reads, in one transaction that sees one moment of the database.
 */
import type pg from 'pg';
import type { AoiTable } from '../../selection/check.js';
import { aoiBoxes, isInArea } from '../../selection/parcel-rule.js';
import type { Transform } from '../../selection/projected-box.js';
import { inTransaction, query, triedByProj } from '../../session/session.js';
import type { Table } from '../../terms.js';
import { piecesOf } from './blocks.js';
import { type ParcelFinding, ParcelFindings } from './findings.js';
import { findCopies, findOverlaps, type OverlapOptions } from './overlaps.js';
import { carefulTransform, checkShapes } from './shapes.js';
import { checkTable, type CheckedTable } from './table.js';
import { countUsable, type UsableParcels } from './usable.js';

export interface ParcelCheckOptions {
  /** The rule that parcels of this area or less are left out by, square metres. */
  readonly minAreaM2: number;
  /** So many parcels of each kind are named. */
  readonly each: number;
  /** Undefined leaves overlaps out. */
  readonly overlaps?: Omit<OverlapOptions, 'each'> | undefined;
  /** Whether to count the parcels that are large enough for their resolution. */
  readonly usable?: boolean | undefined;
  /** Where it is known, parcels beyond it are counted. */
  readonly aoi?: AoiTable | undefined;
  /** Called with what is being looked at and which part of that is done; null where that can't be said. */
  readonly onProgress?: ((step: string, share: number | null) => void) | undefined;
}

export interface ParcelCheck {
  readonly table: string;
  readonly parcels: number;
  /** Undefined where there is none, or several. */
  readonly srid: number | undefined;
  readonly findings: readonly ParcelFinding[];
  /** Left out where it was not asked for, and where it can't be told. */
  readonly usable?: UsableParcels | undefined;
  /** What was not looked at, and why. */
  readonly notes: readonly string[];
}

const SETTINGS = `
  SET LOCAL jit = off;
  SET LOCAL work_mem = '128MB'`;

const COUNT = (table: Table) => `SELECT count(*)::float8 AS count FROM ${table.key}`;

const BEYOND = (table: CheckedTable, aoi: AoiTable, transform: Transform) => `
  WITH aoi AS MATERIALIZED (${aoiBoxes({ parcels: table, aoi }, '$1', transform)})
  SELECT (count(*) FILTER (WHERE NOT ${isInArea('p.wkb_geometry')}))::float8 AS beyond,
         count(*)::float8 AS drawn
  FROM ${table.key} p WHERE NOT ST_IsEmpty(p.wkb_geometry)`;

/** @throws DatabaseSetupError where the table is not there. */
export function checkParcels(pool: pg.Pool, table: Table, options: ParcelCheckOptions): Promise<ParcelCheck> {
  const tell = (step: string, share: number | null) => options.onProgress?.(step, share);
  const check = async (client: pg.ClientBase): Promise<ParcelCheck> => {
    const findings = new ParcelFindings(options.each);
    await client.query(SETTINGS);
    tell('columns and ids', null);
    const [all] = await query<{ count: number }>(client, COUNT(table));
    if (all?.count === 0) findings.add('no-parcels', { count: 1 });
    const checked = await checkTable(client, table, findings);
    const { notes, usable } =
      checked === undefined
        ? { notes: ['geometries are not looked at before this is mended'], usable: undefined }
        : await checkGround(client, checked, findings, options, tell);
    return {
      table: table.key,
      parcels: all?.count ?? 0,
      srid: checked?.crs.srid,
      findings: findings.list(),
      ...(usable && { usable }),
      notes,
    };
  };
  return inTransaction(pool, check, { snapshot: true, readOnly: true, unlimited: true });
}

async function checkGround(
  client: pg.ClientBase,
  table: CheckedTable,
  findings: ParcelFindings,
  { minAreaM2, aoi, overlaps, usable: wantsUsable = false }: ParcelCheckOptions,
  tell: (step: string, share: number | null) => void,
): Promise<{ notes: string[]; usable: UsableParcels | undefined }> {
  const pieces = await piecesOf(client, table);
  const careful = await carefulTransform(client);
  const rule = { table, minAreaM2, careful };
  const { invalid, notes } = await checkShapes(client, rule, pieces, findings, (share) => {
    tell('geometries', share);
  });
  const usable = wantsUsable
    ? await countUsable(client, rule, pieces, (share) => {
        tell('pixels', share);
      })
    : undefined;
  if (wantsUsable && usable === undefined)
    notes.push('parcels large enough for their resolution were not counted: some shapes are refused');
  if (aoi !== undefined) {
    tell('area of interest', null);
    notes.push(...(await checkArea(client, table, aoi, careful, findings)));
  }
  tell('copies', null);
  const copies = await findCopies(client, table, findings.each);
  if (copies.parcels > 0) {
    const details = copies.first.map((pids) => pids.join(' = '));
    findings.add('doubled-geometry', { count: copies.parcels, details });
  }
  notes.push(...(await checkOverlaps(client, table, findings, invalid, overlaps, pieces, tell)));
  return { notes, usable };
}

/** Before the schema is there, an area that reaches out of the parcels' reference system can't be told. */
async function checkArea(
  client: pg.ClientBase,
  table: CheckedTable,
  aoi: AoiTable,
  careful: Transform | undefined,
  findings: ParcelFindings,
): Promise<string[]> {
  const found = await triedByProj(client, () =>
    query<{ beyond: number; drawn: number }>(client, BEYOND(table, aoi, careful ?? 'ST_Transform'), [
      aoi.name,
    ]),
  );
  if (found === undefined)
    return ['parcels are compared with the area of interest once parcelwise init was run'];
  const { beyond = 0, drawn = 0 } = found[0] ?? {};
  if (beyond > 0) findings.add(beyond === drawn ? 'none-in-aoi' : 'beyond-aoi', { count: beyond });
  return [];
}

async function checkOverlaps(
  client: pg.ClientBase,
  table: CheckedTable,
  findings: ParcelFindings,
  invalid: readonly string[],
  options: ParcelCheckOptions['overlaps'],
  pieces: Awaited<ReturnType<typeof piecesOf>>,
  tell: (step: string, share: number | null) => void,
): Promise<string[]> {
  if (options === undefined) return ['overlaps were not looked for'];
  if (!table.spatialIndex) return ['overlaps were not looked for: that takes a spatial index'];
  if (findings.has('null-id', 'doubled-id'))
    return ['overlaps were not looked for: that takes an ogc_fid for each parcel'];
  const each = findings.each;
  const found = await findOverlaps(client, table, pieces, invalid, { ...options, each }, (share) => {
    tell('overlaps', share);
  });
  if (found.pairs > 0) {
    findings.add('overlap', {
      count: found.pairs,
      details: [
        `${found.cut ? 'at least ' : ''}${Math.round(found.areaM2)} m2 in all`,
        ...found.largest.map(({ pids, areaM2 }) => `${pids.join(' and ')}: ${areaM2.toFixed(1)} m2`),
      ],
    });
  }
  return [
    ...(invalid.length > 0 ? [`overlaps of ${invalid.length} invalid polygons were not looked for`] : []),
    ...(found.cut
      ? [`the search for overlaps ended with ${options.most} pairs; there may be more (--max-overlaps)`]
      : []),
  ];
}
