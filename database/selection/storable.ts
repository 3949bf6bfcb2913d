/** Whether a table takes rows of which only our columns are told. PostgreSQL's system catalogs say so without a trial. */
import { DatabaseSetupError } from '../session/errors.js';
import { query } from '../session/session.js';
import type { Database } from '../session/session.js';
import type { Table } from '../terms.js';

interface Trait {
  readonly name: string;
  readonly sql: string;
  /** It must be told, and nothing fills it. */
  readonly required: boolean;
  readonly generated: boolean;
  /** Letters that it takes; null without a limit. */
  readonly letters: number | null;
}

/** The type modifier of character types is their length and 4. */
const TRAITS = `
  SELECT attname AS name, quote_ident(attname) AS sql, attgenerated <> '' AS generated,
         (attnotnull AND NOT atthasdef AND attidentity = '') AS required,
         CASE WHEN atttypid IN ('bpchar'::regtype, 'varchar'::regtype) AND atttypmod > 4 THEN atttypmod - 4 END AS letters
  FROM pg_attribute WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum`;

/**
 * @param told the columns that are written, with the letters that each must take where it is a text.
 * @param rows `added`: what is not told must have a default. `changed`: only what is told matters.
 * @throws DatabaseSetupError naming the column that refuses, and the remedy.
 */
export async function requireStorable(
  database: Database,
  { key, oid }: Table,
  told: Readonly<Record<string, number | null>>,
  rows: 'added' | 'changed' = 'added',
): Promise<void> {
  for (const { name, sql, required, generated, letters } of await query<Trait>(database, TRAITS, [oid])) {
    const needed = told[name];
    if (needed === undefined) {
      if (!required || rows === 'changed') continue;
      throw new DatabaseSetupError(
        `column ${name} of ${key} must not be NULL and has no default, and parcelwise puts nothing into it`,
        `ALTER TABLE ${key} ALTER COLUMN ${sql} DROP NOT NULL, or give it a default`,
      );
    }
    if (generated)
      throw new DatabaseSetupError(
        `column ${name} of ${key} is generated, and parcelwise writes it`,
        `ALTER TABLE ${key} ALTER COLUMN ${sql} DROP EXPRESSION`,
      );
    if (needed !== null && letters !== null && letters < needed)
      throw new DatabaseSetupError(
        `column ${name} of ${key} takes ${letters} letters, and needs ${needed}`,
        `ALTER TABLE ${key} ALTER COLUMN ${sql} TYPE varchar(${needed})`,
      );
  }
}
