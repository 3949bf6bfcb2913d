/** Whether a database still holds what a certificate says of it. What later campaigns have added to it is of no account. */
import type pg from 'pg';
import { parcelTableDigest } from '../../database/certified/parcel-table.js';
import { findTable } from '../../database/session/identifier.js';
import { inTransaction } from '../../database/session/session.js';
import type { Certificate, CertifiedParcels } from './certificate.js';
import { holds, type Line, note } from './verdict.js';
import { verifyTable } from './verify-table.js';

/** Looks at one moment of the database, and only reads. */
export function verifyDatabase(
  pool: pg.Pool,
  certificate: Certificate,
  tell: (step: string) => void,
): Promise<Line[]> {
  return inTransaction(
    pool,
    async (client) => {
      const lines: Line[] = [];
      for (const table of certificate.tables) {
        tell(`digesting the rows of ${table.results}`);
        lines.push(...(await verifyTable(client, table, certificate.made)));
      }
      for (const parcels of certificate.parcels) lines.push(await verifyParcels(client, parcels));
      return lines;
    },
    { snapshot: true, readOnly: true, unlimited: true },
  );
}

/** Parcels may be redrawn for the next season: rows are of those of then. */
async function verifyParcels(
  client: pg.ClientBase,
  { table: name, parcels, digest }: CertifiedParcels,
): Promise<Line> {
  const table = await findTable(client, name);
  if (table === undefined) return note(`the parcel table ${name} is gone`);
  const now = await parcelTableDigest(client, table);
  return now.digest === digest
    ? holds(`${name} has the same ${parcels} parcels, none of them redrawn`)
    : note(
        `the parcels of ${name} have changed since: ${now.parcels} now, ${parcels} then; rows are of those of then`,
      );
}
