/**
 * What the chunks of a scene are planned from: which parcels it meets follows from that alone. A plan is good as long as
 * its origin is; of another one some parcels would have neither a row nor a reason.
 */
import { canonicalTables, type CheckedSelection } from '../selection/check.js';
import { parcelSetFingerprint } from '../parcels/fingerprint.js';
import { PARCEL_RULE } from '../selection/parcel-rule.js';
import { query } from '../session/session.js';
import type { Database } from '../session/session.js';
import type { Selection, Tables } from '../terms.js';

/** As it stands in `parcelwise.plan.selection`; what else chunks come to depend on joins it. */
export interface PlannedSelection extends Pick<Selection, 'aoi' | 'minAreaM2'> {
  readonly tables: Pick<Tables, 'catalogue' | 'aois' | 'parcels'>;
  /** Version of the rule that chooses parcels. */
  readonly rule: string;
  /** Digest of the scene's footprint (`FOOTPRINT_DIGEST`). */
  readonly footprint: string | null;
}

export interface Origin {
  readonly selection: PlannedSelection;
  /** Fingerprint of the parcels. */
  readonly parcelSet: string;
}

/** NULL where there is no footprint. */
export const FOOTPRINT_DIGEST = (column: string) => `md5(ST_AsBinary(${column}))`;

const FOOTPRINT = ({ catalogue }: CheckedSelection) =>
  `SELECT ${FOOTPRINT_DIGEST('s.footprint')} AS footprint FROM ${catalogue.key} s WHERE s.id = $1`;

/**
 * Within a transaction that sees one moment.
 * @param known the fingerprint of the parcels, where it need not be of that moment
 */
export async function originOf(
  database: Database,
  selection: CheckedSelection,
  obsid: number,
  known?: string,
): Promise<Origin> {
  const parcelSet = known ?? (await parcelSetFingerprint(database, selection));
  const [scene] = await query<{ footprint: string | null }>(database, FOOTPRINT(selection), [obsid]);
  const { catalogue, aois, parcels } = canonicalTables(selection);
  const { aoi, minAreaM2 } = selection;
  return {
    parcelSet,
    selection: {
      tables: { catalogue, aois, parcels },
      aoi: { field: aoi.column, name: aoi.name },
      minAreaM2,
      rule: PARCEL_RULE,
      footprint: scene?.footprint ?? null,
    },
  };
}
