/** Whether a table takes rows of which only our columns are told. PostgreSQL's system catalogs say so without a trial. */
import type { Columns } from '../session/columns.js';
import { DatabaseSetupError } from '../session/errors.js';

/**
 * @param told the columns that are written, with the letters that each must take where it is a text.
 * @param rows `added`: what is not told must have a default. `changed`: only what is told matters.
 * @throws DatabaseSetupError naming the column that refuses, and the remedy.
 */
export function requireStorable(
  { table: { key }, all }: Columns,
  told: Readonly<Record<string, number | null>>,
  rows: 'added' | 'changed' = 'added',
): void {
  for (const { name, sql, required, generated, characters } of all) {
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
    if (needed !== null && characters !== null && characters < needed)
      throw new DatabaseSetupError(
        `column ${name} of ${key} takes ${characters} letters, and needs ${needed}`,
        `ALTER TABLE ${key} ALTER COLUMN ${sql} TYPE varchar(${needed})`,
      );
  }
}
