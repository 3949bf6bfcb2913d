/** Who holds a scene that is refused to somebody else. */
import type pg from 'pg';
import type { CheckedSelection } from '../selection/check.js';
import type { TemporalPlace } from '../leases/temporal-leases.js';
import { query } from '../session/session.js';
import type { Owner } from '../terms.js';

/** `owner` and `results` are told where they are known; `status` is undefined where the catalogue has no such row. */
export interface Holder {
  readonly status: string | undefined;
  readonly owner?: Owner | undefined;
  readonly results?: string | undefined;
  /** Where the owner runs, where that was noted. */
  readonly place?: TemporalPlace | undefined;
}

interface Row extends Owner {
  readonly status: string;
  readonly results: string | null;
  readonly cluster: string | null;
  readonly namespace: string | null;
}

/** Who holds a scene: the catalogue's word, for whichever results table, or the extraction for this one ($3). */
const HOLDER = ({ catalogue, statusIn }: CheckedSelection) => `
  SELECT coalesce(e.status, ${statusIn === 'catalogue' ? 's.status::text' : `'ingested'`}) AS status,
         CASE WHEN e.status = 'inprogress' THEN e.results_table END AS results,
         e.owner_workflow AS "workflowId", e.owner_run AS "runId",
         e.owner_cluster AS cluster, e.owner_namespace AS namespace
  FROM ${catalogue.key} s
  LEFT JOIN parcelwise.extraction e ON e.catalogue_table = $2 AND e.obsid = s.id AND ${
    statusIn === 'catalogue'
      ? `e.status = 'inprogress' AND (e.status_in = 'catalogue' OR e.results_table = $3)`
      : 'e.results_table = $3'
  }
  WHERE s.id = $1 ORDER BY e.claimed_at DESC LIMIT 1`;

/** Within the transaction that did not get the scene. */
export async function holderOf(
  client: pg.ClientBase,
  selection: CheckedSelection,
  obsid: number,
): Promise<Holder> {
  const asked = [obsid, selection.catalogue.key, selection.results.key];
  const [row] = await query<Row>(client, HOLDER(selection), asked);
  if (row === undefined || row.results === null) return { status: row?.status };
  const { status, results, workflowId, runId, cluster, namespace } = row;
  const place = cluster === null || namespace === null ? undefined : { cluster, namespace };
  return { status, results, owner: { workflowId, runId }, ...(place && { place }) };
}
