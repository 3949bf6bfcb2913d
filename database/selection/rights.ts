/** What the database role must be allowed, checked before a campaign finds out in the middle of a scene. */
import type { CheckedTables } from './check.js';
import { DatabaseSetupError } from '../session/errors.js';
import { query } from '../session/session.js';
import type { Database } from '../session/session.js';

/** A right that lacks: the statement that gives it names everything. */
export interface MissingRight {
  readonly right: string;
  readonly table: string;
}

/** Rights by table; of the catalogue only the status word is changed, so the right to that column is enough. */
const LACKING = `
  SELECT wanted.privilege AS "right", wanted.key AS "table"
  FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[]) WITH ORDINALITY AS wanted (key, oid, privilege, column_name, rank)
  WHERE NOT CASE WHEN wanted.column_name = '' THEN has_table_privilege(wanted.oid::oid, wanted.privilege)
                 ELSE has_column_privilege(wanted.oid::oid, wanted.column_name, wanted.privilege) END
  ORDER BY rank`;

/** parcelwise's own tables: all that lack one of the rights. */
const LACKING_OWN = `
  SELECT wanted.privilege AS "right", c.oid::regclass::text AS "table"
  FROM pg_class c CROSS JOIN unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) AS wanted (privilege)
  WHERE c.relnamespace = 'parcelwise'::regnamespace AND c.relkind = 'r' AND c.relname <> 'migration'
    AND NOT has_table_privilege(c.oid, wanted.privilege)
  ORDER BY 2, 1`;

type Wanted = readonly [
  table: { readonly key: string; readonly oid: number },
  right: string,
  column?: string,
];

/** What the role lacks of what campaigns need; deleting is needed for parcels that have changed only. */
export async function missingRights(
  database: Database,
  { catalogue, aoi, parcels, results, hists, clear }: CheckedTables,
  { changedOnly = false } = {},
): Promise<MissingRight[]> {
  const written = [results, hists, clear].filter((table) => table !== undefined);
  const wanted: Wanted[] = [
    ...[catalogue, aoi, parcels].map((table) => [table, 'SELECT'] as const),
    [catalogue, 'UPDATE', 'status'],
    ...written.flatMap((table) => [[table, 'SELECT'] as const, [table, 'INSERT'] as const]),
    ...(changedOnly ? written.map((table) => [table, 'DELETE'] as const) : []),
  ];
  const lacking = await query<MissingRight>(database, LACKING, [
    wanted.map(([{ key }]) => key),
    wanted.map(([{ oid }]) => oid),
    wanted.map(([, right]) => right),
    wanted.map(([, , column]) => column ?? ''),
  ]);
  return [...lacking, ...(await query<MissingRight>(database, LACKING_OWN))];
}

/** @throws DatabaseSetupError with what the role lacks, and the page that gives it. */
export async function requireRights(
  database: Database,
  selection: CheckedTables,
  options?: { readonly changedOnly?: boolean },
): Promise<void> {
  const missing = await missingRights(database, selection, options);
  if (missing.length === 0) return;
  const named = missing.slice(0, 5).map(({ right, table }) => `${right} on ${table}`);
  const more = missing.length > named.length ? `, and ${missing.length - named.length} more` : '';
  throw new DatabaseSetupError(
    `this database role lacks ${named.join(', ')}${more}`,
    'Let the owner of the tables grant it: docs/database.md, Rights',
  );
}
