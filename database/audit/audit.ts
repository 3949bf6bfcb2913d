/**
 * The audit: proves from the database alone that each parcel of each scene is in each layer exactly once or has a reason,
 * and that every status word is true. It only reads (its own temporary tables aside), and sees one moment, so campaigns
 * may run on.
 */
import type pg from 'pg';
import { findTable } from '../session/identifier.js';
import type { StoredKind } from '../identity/stored-rows.js';
import { inTransaction, query } from '../session/session.js';
import type { Owner } from '../terms.js';
import { auditContents, type Contents } from './contents.js';
import { Findings, type FindingsOfKind } from './findings.js';
import { type AuditScope, distinctNames, fillExpected } from './expected.js';
import { auditLedger } from './ledger.js';
import { auditRules } from './rules.js';
import { auditSelected, type NotSelected } from './selected.js';
import { type AuditedClaim, auditStatuses, claimsInScope } from './statuses.js';

export interface AuditOptions {
  /** So many findings of each kind are told in full, and so many scenes and bands looked at parcel by parcel. */
  readonly each: number;
  /** Asks Temporal whether an owner runs; without it owners are taken at their word. */
  readonly isRunning?: ((claim: AuditedClaim) => Promise<boolean>) | undefined;
  /** Told what was seen, in the transaction that saw it, where nothing is wrong so far. May be called more than once. */
  readonly onSound?: ((client: pg.ClientBase, seen: SoundAudit) => Promise<void>) | undefined;
}

/** An audit that has found nothing; whether owners run is asked later. */
export type SoundAudit = Omit<Audit, 'findings'>;

export interface AuditedTable extends Contents {
  readonly table: string;
  readonly kind: StoredKind;
}

export interface Audit {
  /** Extractions in scope. */
  readonly scenes: number;
  /** Of which so many are marked extracted. */
  readonly extracted: number;
  /** Parcels met by scenes, each counted once a scene. */
  readonly parcels: number;
  /** (parcel, scene, layer) that have a reason instead of a row. */
  readonly gaps: number;
  readonly tables: readonly AuditedTable[];
  readonly notSelected: readonly NotSelected[];
  /** What the audit can't prove, or leaves out. */
  readonly notes: readonly string[];
  readonly findings: readonly FindingsOfKind[];
}

const TOTALS = `
  SELECT (SELECT count(*) FROM audit_extraction WHERE status = 'extracted')::float8 AS extracted,
         (SELECT coalesce(sum(l.parcels), 0) FROM parcelwise.ledger l JOIN audit_extraction USING (results_table, obsid))::float8 AS parcels,
         (SELECT coalesce(sum(parcels), 0) FROM audit_gap)::float8 AS gaps,
         (SELECT count(*) FROM audit_chunk WHERE hash IS NULL)::float8 AS unlisted,
         (SELECT count(*) FROM parcelwise.supersession JOIN audit_extraction USING (results_table, obsid))::float8 AS superseded`;

/** Audits what the scope names. An empty list of findings is the proof. */
export async function audit(pool: pg.Pool, scope: AuditScope, options: AuditOptions): Promise<Audit> {
  const { claims, findings, ...seen } = await inTransaction(
    pool,
    async (client) => {
      const findings = new Findings(options.each);
      const seen = await auditTables(client, scope, findings);
      if (findings.list().length === 0) await options.onSound?.(client, seen);
      return { ...seen, findings };
    },
    { snapshot: true, unlimited: true },
  );
  await auditOwners(pool, claims, options.isRunning, findings);
  return { ...seen, findings: findings.list() };
}

async function auditTables(client: pg.ClientBase, scope: AuditScope, findings: Findings) {
  const scenes = await fillExpected(client, scope);
  const [totals] = await query<Record<'extracted' | 'parcels' | 'gaps' | 'unlisted' | 'superseded', number>>(
    client,
    TOTALS,
  );
  if (totals === undefined) throw new Error('aggregates without a row');
  const { unlisted, superseded, ...counts } = totals;
  const notes = await auditStatuses(client, scope, findings);
  if (superseded > 0)
    notes.push(
      `${superseded} scenes are superseded by newer ones; their rows stay, and the views leave them out`,
    );
  if (unlisted > 0) {
    notes.push(
      `${unlisted} chunks were stored before the ledger listed parcels; only their counts are proven`,
    );
  }
  await auditLedger(client, findings);
  await auditRules(client, findings);
  const selected = await auditSelected(client, findings);
  const tables = await auditAllContents(client, scope, findings);
  const claims = await claimsInScope(client);
  const { notSelected } = selected;
  return { scenes, ...counts, tables, notSelected, notes: [...notes, ...selected.notes], claims };
}

async function auditAllContents(
  client: pg.ClientBase,
  scope: AuditScope,
  findings: Findings,
): Promise<AuditedTable[]> {
  const whole = scope.card === undefined && scope.campaign === undefined;
  const results = new Set(await distinctNames(client, 'results_table'));
  // A table that was named is looked at even where nothing was ever extracted into it.
  if (scope.results !== undefined) results.add(scope.results);
  const targets = [
    ...[...results].map((name) => ({ name, kind: 'results' }) as const),
    ...(await distinctNames(client, 'clear_table')).map((name) => ({ name, kind: 'clear' }) as const),
    ...(await distinctNames(client, 'hists_table')).map((name) => ({ name, kind: 'hists' }) as const),
  ];
  const audited: AuditedTable[] = [];
  for (const { name, kind } of targets) {
    const table = await findTable(client, name);
    if (table === undefined) {
      findings.add({ kind: 'table', table: name, count: 1, text: `the ${kind} table ${name} is gone` });
      continue;
    }
    audited.push({ table: name, kind, ...(await auditContents(client, { table, kind, whole }, findings)) });
  }
  return audited;
}

const STILL_HELD = `
  SELECT 1 FROM parcelwise.extraction
  WHERE (results_table, obsid, owner_workflow, owner_run) = ($1, $2, $3, $4) AND status = 'inprogress'`;

/** Temporal is asked after the one moment is over, so a claim that has ended meanwhile is let go. */
async function auditOwners(
  pool: pg.Pool,
  claims: readonly AuditedClaim[],
  isRunning: AuditOptions['isRunning'],
  findings: Findings,
): Promise<void> {
  if (isRunning === undefined) return;
  for (const claim of claims) {
    if (await isRunning(claim)) continue;
    const { results: table, obsid, owner } = claim;
    const held = await query(pool, STILL_HELD, [table, obsid, owner.workflowId, owner.runId]);
    if (held.length === 0) continue;
    const text = `scene ${obsid} is inprogress for ${describeOwner(owner)}, which does not run; parcelwise reconcile gives it back`;
    findings.add({ kind: 'owner', table, obsid, count: 1, text });
  }
}

function describeOwner({ workflowId, runId }: Owner): string {
  return `${workflowId} (run ${runId})`;
}
