/** The fingerprint of a parcel set: what is kept of its geometry elsewhere is good as long as this stays the same. */
import { createHash } from 'node:crypto';
import type { CheckedSelection } from '../selection/check.js';
import { areaM2, PARCEL_RULE } from '../selection/parcel-rule.js';
import { query } from '../session/session.js';
import type { Database } from '../session/session.js';

/**
 * A sum over rows doesn't depend on their order. The id is the seed of each row's hash, or two parcels could swap their
 * shapes unseen. PROJ's version stands in it because it moves coordinates.
 */
const FINGERPRINT = ({ parcels, aoi }: CheckedSelection) => `
  SELECT p.count, p.sum, a.count AS "aoiCount", a.sum AS "aoiSum", postgis_proj_version() AS proj
  FROM (SELECT count(*)::text AS count,
               coalesce(sum(hashint4extended(geometry_hash(wkb_geometry), ogc_fid::bigint)), 0)::text AS sum
        FROM ${parcels.key}) AS p,
       (SELECT count(*)::text AS count,
               coalesce(sum(hashint4extended(geometry_hash(wkb_geometry), 0)), 0)::text AS sum
        FROM ${aoi.key} WHERE ${aoi.field} = $1) AS a`;

/** What PROJ is told of the parcels' CRS and the area's; a code of somebody's own may be given another meaning. */
const DEFINITIONS = `
  SELECT coalesce(md5(string_agg(srtext || proj4text, ',' ORDER BY srid)), '') AS crs FROM spatial_ref_sys WHERE srid = ANY ($1)`;

/**
 * A short name (32 hexadecimal digits) that changes when a parcel of the table or the AOI is added, removed, redrawn or
 * renumbered, or when another rule selects them.
 */
export async function parcelSetFingerprint(database: Database, selection: CheckedSelection): Promise<string> {
  const [row] = await query<Record<string, string>>(database, FINGERPRINT(selection), [selection.aoi.name]);
  const { parcels, aoi, minAreaM2 } = selection;
  const srids = [parcels.crs.srid, aoi.srid];
  const [definitions] = await query<{ crs: string }>(database, DEFINITIONS, [srids]);
  const rule = [PARCEL_RULE, areaM2(selection), minAreaM2, aoi.name];
  const identity = [parcels.key, srids, definitions?.crs, ...rule, row];
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32);
}
