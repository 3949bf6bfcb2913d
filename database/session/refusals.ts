/**
 * What PostgreSQL refuses until a person acts, with the remedy: nothing of it passes by itself, and every scene would be
 * downloaded only to meet it again.
 */
import { DatabaseSetupError, errorCode, isPoolerRefusal } from './errors.js';

/** What PostgreSQL says beside its message (documentation, "Error and Notice Message Fields"). */
interface Told {
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly constraint?: string | undefined;
  readonly detail?: string | undefined;
}

/**
 * SQLSTATE classes: 22 data, 23 constraints, 27 and 09 triggers, 28 who may enter, 38 and 39 functions of others, 3D and 3F
 * databases and schemas that are missing, 42 names and rights, 44 WITH CHECK OPTION, 0A what the server can't do, P0 raised
 * by a trigger; 55000: a table that can't be written as it is.
 */
const REFUSALS = /^((09|0A|22|23|27|28|38|39|3D|3F|42|44|P0)...|55000)$/;

/** Bytes of a COPY that were damaged on our side: made anew, they may pass. */
const OUR_BYTES = '22P04';

/** A failure that no retry can mend, as a sentence with its remedy; undefined for all others. */
export function refusalOf(error: unknown): DatabaseSetupError | undefined {
  const code = errorCode(error);
  if (!(error instanceof Error) || code === undefined) return undefined;
  if (isPoolerRefusal(error))
    return new DatabaseSetupError(plain(error), poolerRemedy(error), { cause: error });
  // Two that meet in our own tables have done so by chance, and find each other's work the next time.
  const told = error as Told;
  const chance = code.startsWith('23') && told.schema === 'parcelwise';
  if (!REFUSALS.test(code) || code === OUR_BYTES || chance) return undefined;
  const [problem, remedy] = explain(code, error, told);
  return new DatabaseSetupError(problem, remedy, { cause: error });
}

function poolerRemedy({ message }: Error): string {
  if (message.includes('statement pooling'))
    return "Set the pooler's pool_mode to session or transaction: parcelwise needs transactions";
  return message.includes('startup parameter')
    ? "Do without PGOPTIONS, or name them in the pooler's ignore_startup_parameters (options)"
    : "Correct user, password or database in db_config.json, or in the pooler's own files";
}

function plain({ message }: Error): string {
  return message.replace(/\.$/, '');
}

function explain(
  code: string,
  error: Error,
  { schema, table, column, constraint, detail }: Told,
): [problem: string, remedy: string] {
  const name = table === undefined ? 'the table' : `${schema ?? ''}.${table}`.replace(/^\./, '');
  const by = constraint === undefined ? '' : ` (${constraint})`;
  switch (code) {
    case '23502':
      return [
        `column ${column ?? ''} of ${name} must not be NULL, and parcelwise puts nothing into it`,
        `ALTER TABLE ${name} ALTER COLUMN ${column ?? ''} SET DEFAULT …, or DROP NOT NULL`,
      ];
    case '23503':
      return [
        `${name} refuses a row by its foreign key${by}: ${detail ?? plain(error)}`.replace(/\.$/, ''),
        'Add what it refers to, or drop the constraint',
      ];
    case '23514':
      if (error.message.includes('no partition'))
        return [
          `${plain(error)}${detail === undefined ? '' : `: ${detail}`}`.replace(/\.$/, ''),
          `Create it, or one for all others: CREATE TABLE … PARTITION OF ${name} DEFAULT`,
        ];
      return [
        `${name} refuses a row by its check${by}`,
        'Change the constraint so that it lets in what parcelwise stores (docs/database.md), or drop it',
      ];
    case '23505':
    case '23P01':
      return [
        `${name} has such a row already${by}`,
        'Delete rows that nobody has stored (parcelwise audit tells of them), or drop the unique index',
      ];
    case '22001':
      return [plain(error), 'Widen the column: bands take 3 letters, status words up to 24'];
    case '42501':
      return [
        plain(error),
        'Grant the role of the connection what docs/database.md lists under Rights, or use another role',
      ];
    case '428C9':
      return [plain(error), 'Make it an ordinary column: parcelwise writes it'];
    default:
      return [
        /^(3D|3F|42|28)/.test(code)
          ? plain(error)
          : `PostgreSQL refuses what is to be stored: ${plain(error)}`,
        /^(3D|3F|42|28)/.test(code)
          ? 'Correct the connection or the names in db_config.json, or run parcelwise init; parcelwise doctor tells which'
          : 'Compare the table, its constraints, triggers and rules with docs/database.md; parcelwise doctor tries it out',
      ];
  }
}
