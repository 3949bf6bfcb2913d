/** States what an audit without findings has proved, with digests of the rows it has counted. */
import type pg from 'pg';
import type { AuditScope, SoundAudit } from '../../database/audit/index.js';
import { type AuditedExtraction, auditedExtractions } from '../../database/certified/extractions.js';
import { parcelTableDigest } from '../../database/certified/parcel-table.js';
import { serverVersions } from '../../database/certified/server-versions.js';
import { findTable } from '../../database/session/identifier.js';
import { type CertifiedParcels, FORMAT, type Statement } from './certificate.js';
import { publicText } from './public-text.js';
import { EXTRACTED, stateTable } from './state-table.js';

export interface Stating {
  readonly scope: AuditScope;
  /** Names and versions of our own programs. */
  readonly software: Readonly<Record<string, string>>;
  readonly tell: (step: string) => void;
}

/** In the transaction of the audit, whose moment it is of. */
export async function stateOf(
  client: pg.ClientBase,
  audit: SoundAudit,
  { scope, software, tell }: Stating,
): Promise<Statement> {
  const { now, ...versions } = await serverVersions(client);
  const extractions = await auditedExtractions(client);
  const tables = [];
  for (const some of byTables(extractions)) tables.push(await stateTable(client, some, tell));
  tell('digesting the parcels');
  const { scenes, extracted, parcels, gaps, notes } = audit;
  const { results, card, campaign } = scope;
  return {
    ...{ format: FORMAT, made: now, software: { ...software, ...versions } },
    asked: { ...(results && { results }), ...(card && { card }), ...(campaign && { campaign }) },
    audit: { scenes, extracted, parcels, gaps, findings: 0, notes: notes.map(publicText) },
    tables,
    parcels: await stateParcels(client, extractions),
  };
}

/** Extractions of one results table whose clear rows and histograms are in the same tables; those without rows join the first. */
function byTables(extractions: readonly AuditedExtraction[]): AuditedExtraction[][] {
  const groups = new Map<string, AuditedExtraction[]>();
  const first = new Map<string, string>();
  const isLast = ({ status }: AuditedExtraction): number => Number(status !== EXTRACTED);
  for (const one of [...extractions].sort((a, b) => isLast(a) - isLast(b))) {
    const { catalogue, results, clear, hists } = one;
    const table = JSON.stringify([catalogue, results]);
    const own = JSON.stringify([catalogue, results, clear, hists]);
    const known = first.get(table);
    const key = one.status === EXTRACTED ? own : (known ?? own);
    if (known === undefined) first.set(table, key);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

/** Parcel tables that rows are of, as they are now; those that are gone are left out. */
async function stateParcels(
  client: pg.ClientBase,
  extractions: readonly AuditedExtraction[],
): Promise<CertifiedParcels[]> {
  const names = extractions.flatMap(({ selection }) => selection?.tables.parcels ?? []);
  const parcels: CertifiedParcels[] = [];
  for (const name of [...new Set(names)].sort()) {
    const table = await findTable(client, name);
    if (table !== undefined) parcels.push({ table: name, ...(await parcelTableDigest(client, table)) });
  }
  return parcels;
}
