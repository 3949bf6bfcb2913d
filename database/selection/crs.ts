/** The coordinate reference system of the parcels, as far as the area rule needs to know it. */
import { DatabaseSetupError } from '../session/errors.js';
import { query, triedByProj } from '../session/session.js';
import type { Database } from '../session/session.js';
import type { Table } from '../terms.js';

export interface Crs {
  readonly srid: number;
  /** Coordinates are degrees: areas must be taken on the ellipsoid. */
  readonly geographic: boolean;
  /** Metres of one unit of a projected CRS: 1, or 0.3048 for feet. */
  readonly metresPerUnit: number;
}

const SPATIAL_REFERENCE = 'SELECT srtext, proj4text FROM spatial_ref_sys WHERE srid = $1';

/** Of a point without coordinates nothing can be refused but the reference system itself. */
const PROBE = `SELECT ST_Transform(ST_SetSRID('POINT EMPTY'::geometry, $1::integer), 4326) AS point`;

/** @throws DatabaseSetupError when PostGIS does not know the SRID, or PROJ can do nothing with its definition. */
export async function readCrs(database: Database, srid: number, table: Table): Promise<Crs> {
  const [row] = await query<{ srtext: string | null; proj4text: string | null }>(
    database,
    SPATIAL_REFERENCE,
    [srid],
  );
  if (row === undefined) {
    throw new DatabaseSetupError(
      `the SRID ${srid} of ${table.key} is not in spatial_ref_sys`,
      `Say which EPSG code it is (SELECT UpdateGeometrySRID(…)), or add it there`,
    );
  }
  if ((await triedByProj(database, (client) => query(client, PROBE, [srid]))) === undefined) {
    throw new DatabaseSetupError(
      `PROJ can't use the reference system that ${table.key} names, SRID ${srid} of spatial_ref_sys`,
      `Say which EPSG code it is (SELECT UpdateGeometrySRID(…)); codes from 900914 on are ogr2ogr's own, for a system that it did not recognise`,
    );
  }
  return { srid, ...readUnits(row.srtext ?? '', row.proj4text ?? '') };
}

/**
 * Kind and linear unit from the well-known text (OGC 01-009: a PROJCS ends with its own UNIT, after that of its GEOGCS),
 * or from PROJ's string where there is none.
 */
export function readUnits(srtext: string, proj4text: string): Omit<Crs, 'srid'> {
  const geographic =
    srtext === '' ? /\+proj=(longlat|latlong)/.test(proj4text) : /^(COMPD_CS\[[^[]*)?GEOGCS\[/.test(srtext);
  if (geographic) return { geographic, metresPerUnit: 1 };
  const projected = srtext.replace(/,\s*VERT_CS\[.*$/s, '');
  const units = [...projected.matchAll(/UNIT\s*\[\s*"[^"]*"\s*,\s*([\d.eE+-]+)/g)].map(
    ([, metres]) => metres,
  );
  const toMeter = /\+to_meter=([\d.eE+-]+)/.exec(proj4text)?.[1];
  const metres = Number(units.at(-1) ?? toMeter ?? 1);
  return { geographic, metresPerUnit: metres > 0 ? metres : 1 };
}
