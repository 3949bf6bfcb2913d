/** One pass over the parcels' geometries: missing, empty, of another kind, invalid, astray, small, too narrow for a pixel. */
import type pg from 'pg';
import { areaM2, isLargeEnough, polygons, squareMetres } from '../../selection/parcel-rule.js';
import type { Transform } from '../../selection/projected-box.js';
import { query, triedByProj } from '../../session/session.js';
import type { Piece } from './blocks.js';
import type { ParcelFindingKind, ParcelFindings } from './findings.js';
import type { CheckedTable } from './table.js';
import { placeOf, UTM_ZONE } from './utm-zone.js';

/** Sentinel-2's and Sentinel-1 CARD's finest pixel, metres. */
const PIXEL_METRES = 10;
/**
 * A shape holds a circle of radius area / perimeter at least (its inner parallel curves are no longer than its edge).
 * One whose circle reaches from a pixel's centre beyond its corner holds a centre wherever it lies.
 */
const SURE_RADIUS = (PIXEL_METRES * Math.SQRT2) / 2 + 0.01;
/** Centres looked at for one parcel; a bounding box of more is taken to hold one. */
const MOST_CENTRES = 250_000;

interface Rule {
  readonly table: CheckedTable;
  readonly minAreaM2: number;
  readonly careful: Transform | undefined;
}

const SCAN = ({ table, minAreaM2 }: Rule, where: string, transform: Transform | undefined) => {
  const selection = { parcels: table };
  const limit = String(minAreaM2);
  const { geographic, metresPerUnit, srid } = table.crs;
  const place = placeOf(table, transform);
  const edge = geographic ? `ST_Perimeter(shape::geography)` : `(ST_Perimeter(shape) * ${metresPerUnit})`;
  const outOfRange = geographic
    ? `ST_XMin(geom) < -180 OR ST_XMax(geom) > 180 OR ST_YMin(geom) < -90 OR ST_YMax(geom) > 90`
    : transform === undefined
      ? 'false'
      : `place IS NULL OR ST_X(place) = 'Infinity'`;
  const repaired = squareMetres(selection, 'ST_CollectionExtract(ST_MakeValid(shape), 3)');
  return `
  WITH parcel AS MATERIALIZED (
    SELECT p.ogc_fid, p.wkb_geometry AS geom, ${polygons(selection, 'p.wkb_geometry')} AS shape, ${areaM2(selection)} AS area,
           ${place} AS place
    FROM ${table.key} p WHERE ${where}
  ), looked AS MATERIALIZED (
    SELECT ogc_fid, geom, shape, area, place, geom IS NULL AS missing, ST_IsEmpty(geom) AS empty,
           ST_Dimension(geom) < 2 AS flat, ST_IsValid(shape) AS valid,
           ${outOfRange} AS astray
    FROM parcel
  ), kinds AS (
    SELECT ogc_fid, kind, detail FROM looked CROSS JOIN LATERAL (VALUES
      ('null-geometry', missing, NULL),
      ('empty', empty, NULL),
      ('not-polygon', NOT empty AND (flat OR ST_IsEmpty(shape)), GeometryType(geom)),
      ('collection', NOT flat AND GeometryType(geom) NOT IN ('POLYGON', 'MULTIPOLYGON'), GeometryType(geom)),
      ('astray', NOT empty AND astray, NULL),
      ('invalid', NOT empty AND NOT valid, CASE WHEN NOT valid THEN ST_IsValidReason(shape) END),
      ('invalid-small', NOT empty AND NOT valid AND NOT ${isLargeEnough('area', limit)}
         AND CASE WHEN NOT valid THEN ${isLargeEnough(repaired, limit)} END, NULL),
      ('tiny', NOT empty AND NOT flat AND area < ${PIXEL_METRES ** 2} AND ${isLargeEnough('area', limit)}, round(area::numeric, 1) || ' m2'),
      ('small', NOT empty AND NOT flat AND NOT ${isLargeEnough('area', limit)}, NULL),
      ('no-pixel', NOT empty AND NOT flat AND ${isLargeEnough('area', limit)} AND NOT astray AND place IS NOT NULL
         AND CASE WHEN area < ${SURE_RADIUS} * ${edge} THEN NOT ${HAS_CENTRE(UTM_ZONE, srid, transform ?? 'ST_Transform')} ELSE false END,
         round(area::numeric) || ' m2')
    ) AS candidate (kind, found, detail)
    WHERE found
  )
  SELECT kind, count(*)::int AS count, (array_agg(ogc_fid::text ORDER BY ogc_fid))[1:$1] AS pids,
         (array_agg(detail ORDER BY ogc_fid))[1:$1] AS details,
         CASE WHEN kind = 'invalid' THEN array_agg(ogc_fid::bigint::text) END AS "all"
  FROM kinds GROUP BY kind`;
};

/** Whether a pixel of the UTM grid that Sentinel-2's tiles are cut from has its centre in the shape. */
const HAS_CENTRE = (utm: string, srid: number, transform: Transform) => `(
        SELECT (ceil((ST_XMax(g) - ST_XMin(g)) / ${PIXEL_METRES}) + 1) * (ceil((ST_YMax(g) - ST_YMin(g)) / ${PIXEL_METRES}) + 1) > ${MOST_CENTRES}
            OR EXISTS (
          SELECT FROM generate_series(floor(ST_XMin(g) / ${PIXEL_METRES})::bigint, floor(ST_XMax(g) / ${PIXEL_METRES})::bigint) AS i,
                      generate_series(floor(ST_YMin(g) / ${PIXEL_METRES})::bigint, floor(ST_YMax(g) / ${PIXEL_METRES})::bigint) AS j
          WHERE ST_Intersects(g, ST_SetSRID(ST_MakePoint((i + 0.5) * ${PIXEL_METRES}, (j + 0.5) * ${PIXEL_METRES}), ST_SRID(g))))
        FROM (SELECT ${transform}(ST_SetSRID(shape, ${srid}), ${utm}) OFFSET 0) AS grid (g) WHERE g IS NOT NULL)`;

interface Line {
  readonly kind: ParcelFindingKind;
  readonly count: number;
  readonly pids: (string | null)[];
  readonly details: (string | null)[];
  readonly all: (string | null)[] | null;
}

/** The youngest of the functions that the careful way needs. */
const HAS_FUNCTION = `SELECT to_regprocedure('parcelwise.buffer_or_null(geometry, double precision)') IS NOT NULL AS here`;

/** What transforms and shrinks without failing; undefined before the schema is there. */
export async function carefulTransform(client: pg.ClientBase): Promise<Transform | undefined> {
  const [own] = await query<{ here: boolean }>(client, HAS_FUNCTION);
  return own?.here === true ? 'parcelwise.transform_or_null' : undefined;
}

/**
 * Looks at the parcels of the pieces, one after the other.
 * @returns the ids of all invalid ones, and what could not be looked at.
 */
export async function checkShapes(
  client: pg.ClientBase,
  rule: Rule,
  pieces: readonly Piece[],
  findings: ParcelFindings,
  onShare: (share: number) => void,
): Promise<{ invalid: string[]; notes: string[] }> {
  const { careful } = rule;
  const invalid: string[] = [];
  let blind = false;
  for (const { where, share } of pieces) {
    const scan = (transform: Transform | undefined) =>
      query<Line>(client, SCAN(rule, where, transform), [findings.each]);
    let lines = await triedByProj(client, () => scan('ST_Transform'));
    blind ||= lines === undefined && careful === undefined;
    lines ??= await scan(careful);
    for (const { kind, all, ...found } of lines) {
      findings.add(kind, found);
      for (const pid of all ?? []) if (pid !== null) invalid.push(pid);
    }
    onShare(share);
  }
  const note =
    'some coordinates can not be transformed; which, and which parcels are too narrow for a pixel, is told once parcelwise init was run';
  return { invalid, notes: blind ? [note] : [] };
}
