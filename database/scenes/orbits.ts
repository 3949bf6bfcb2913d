/**
 * Orbits of scenes, in `parcelwise.orbit`: the relative orbit and the pass, each with who says so. What they are follows from
 * knowledge of CARD types, which callers have; here they are kept and looked up.
 */
import { query } from '../session/session.js';
import type { Database } from '../session/session.js';
import type { Scene, Table } from '../terms.js';

/** What is known of a scene's orbit: numbers and words as cards/orbit.ts has them, NULL where nobody says. */
export interface SceneOrbit {
  readonly relative: number | null;
  readonly relativeBy: string | null;
  readonly pass: 'ascending' | 'descending' | null;
  readonly passBy: string | null;
  readonly contradictions: readonly string[];
}

export interface OrbitOfScene extends SceneOrbit {
  readonly reference: string;
}

/** A scene that nobody has asked about yet. */
export interface UntoldScene {
  readonly obsid: number;
  readonly reference: string;
  readonly card: string;
  /** Of its middle, degrees. */
  readonly longitude: number | null;
}

const IS_KEPT = `
  EXISTS (SELECT FROM parcelwise.orbit o WHERE (o.catalogue_table, o.obsid, o.reference) = ($1, s.id, s.reference::text))`;

/** The hull of a footprint that crosses the antimeridian has its middle elsewhere, so a part is taken where there are parts. */
const UNTOLD = (catalogue: string) => `
  SELECT s.id AS obsid, s.reference::text, s.card::text,
         ST_X(ST_Centroid(coalesce(ST_GeometryN(p.footprint, 1), s.footprint))) AS longitude
  FROM ${catalogue} s
  LEFT JOIN parcelwise.product p ON (p.catalogue_table, p.obsid, p.reference) = ($1, s.id, s.reference::text)
  WHERE ($2::text[] IS NULL OR s.reference = ANY ($2)) AND s.reference IS NOT NULL AND s.id > $3 AND NOT ${IS_KEPT}
  ORDER BY s.id LIMIT $4`;

/**
 * Scenes without a line, by their ids, after one of them.
 * @param references of which; all of the catalogue where it is left out.
 */
export function untoldScenes(
  database: Database,
  catalogue: Pick<Table, 'key'>,
  references: readonly string[] | undefined,
  after: number,
  limit: number,
): Promise<UntoldScene[]> {
  const values = [catalogue.key, references ?? null, after, limit];
  return query<UntoldScene>(database, UNTOLD(catalogue.key), values);
}

/**
 * An item's word takes the place of what a name says, and follows its own source alone: two sources that differ would take turns
 * with every sync. A name changes nothing that stands.
 */
const KEEP = (catalogue: string) => `
  INSERT INTO parcelwise.orbit AS o
    (catalogue_table, obsid, reference, relative_orbit, relative_by, pass, pass_by, contradictions, source)
  SELECT DISTINCT ON (s.id) $1, s.id, g.reference, g.relative, g."relativeBy", g.pass, g."passBy", g.contradictions, $3
  FROM jsonb_to_recordset($2::jsonb) AS g
         (reference text, relative smallint, "relativeBy" text, pass text, "passBy" text, contradictions text[])
  JOIN ${catalogue} s ON s.reference = g.reference
  ORDER BY s.id
  ON CONFLICT (catalogue_table, obsid) DO UPDATE SET
    reference = excluded.reference, relative_orbit = excluded.relative_orbit, relative_by = excluded.relative_by,
    pass = excluded.pass, pass_by = excluded.pass_by, contradictions = excluded.contradictions, source = excluded.source
  WHERE o.reference <> excluded.reference
     OR excluded.source IS NOT NULL AND coalesce(o.source, excluded.source) = excluded.source
        AND (o.relative_orbit, o.relative_by, o.pass, o.pass_by, o.contradictions, o.source) IS DISTINCT FROM
            (excluded.relative_orbit, excluded.relative_by, excluded.pass, excluded.pass_by, excluded.contradictions, excluded.source)`;

/**
 * Keeps orbits of scenes of the catalogue, by their references; those that it has not are passed over.
 * @param source whose items told them, by its address; null where they follow from names.
 */
export async function keepOrbits(
  database: Database,
  catalogue: Pick<Table, 'key'>,
  source: string | null,
  orbits: readonly OrbitOfScene[],
): Promise<void> {
  if (orbits.length === 0) return;
  await query(database, KEEP(catalogue.key), [catalogue.key, JSON.stringify(orbits), source]);
}

const KNOWN = `
  SELECT relative_orbit AS relative, relative_by AS "relativeBy", pass, pass_by AS "passBy", contradictions
  FROM parcelwise.orbit WHERE (catalogue_table, obsid, reference) = ($1, $2, $3)`;

/** Undefined where nobody has asked yet. */
export async function knownOrbit(
  database: Database,
  catalogue: Pick<Table, 'key'>,
  { obsid, reference }: Pick<Scene, 'obsid' | 'reference'>,
): Promise<SceneOrbit | undefined> {
  const [row] = await query<SceneOrbit>(database, KNOWN, [catalogue.key, obsid, reference]);
  return row;
}
