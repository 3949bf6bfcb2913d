/** What the columns of a table are, as PostgreSQL's system catalogs tell. */
import { DatabaseSetupError } from './errors.js';
import { query } from './session.js';
import type { Database } from './session.js';
import type { Table } from '../terms.js';

export interface Column {
  readonly name: string;
  /** The name as it stands in a statement. */
  readonly sql: string;
  /** Type without modifiers: `integer`, `character varying`, `geometry`. */
  readonly type: string;
  /** Characters that it holds; null for any number, and for other types than text. */
  readonly characters: number | null;
  /** Geometry columns: the type's modifiers, SRID 0 and type GEOMETRY where the column has none. */
  readonly srid: number;
  readonly geometryType: string;
  readonly dimension: number;
  /** Filled by PostgreSQL itself. */
  readonly generated: boolean;
  /** It must be told, and nothing fills it. */
  readonly required: boolean;
}

/**
 * PostGIS keeps SRID, type and dimension in the type modifier; geometry_columns decodes them, and older constraints too. The
 * modifier of character types is their length and 4.
 */
const COLUMNS = `
  SELECT a.attname AS name, quote_ident(a.attname) AS sql, format_type(a.atttypid, NULL) AS type,
         CASE WHEN a.atttypid IN ('bpchar'::regtype, 'varchar'::regtype) AND a.atttypmod > 4 THEN a.atttypmod - 4 END AS characters,
         coalesce(g.srid, 0) AS srid, coalesce(g.type, 'GEOMETRY') AS "geometryType", coalesce(g.coord_dimension, 0) AS dimension,
         a.attgenerated <> '' AS generated, (a.attnotnull AND NOT a.atthasdef AND a.attidentity = '') AS required
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN geometry_columns g
    ON g.f_table_schema = n.nspname AND g.f_table_name = c.relname AND g.f_geometry_column = a.attname
  WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY a.attnum`;

/** Types of text, as `Columns.require` takes them. */
export const TEXT = ['text', 'character varying', 'character'] as const;

export class Columns {
  private constructor(
    readonly table: Table,
    readonly all: readonly Column[],
  ) {}

  static async of(database: Database, table: Table): Promise<Columns> {
    return new Columns(table, await query<Column>(database, COLUMNS, [table.oid]));
  }

  /** A column by its name as written, or as PostgreSQL would have folded it. */
  find(name: string): Column | undefined {
    return (
      this.all.find((column) => column.name === name) ??
      this.all.find((column) => column.name === name.toLowerCase())
    );
  }

  /** A column of exactly this name. */
  named(name: string): Column | undefined {
    return this.all.find((column) => column.name === name);
  }

  names(): string[] {
    return this.all.map(({ name }) => name);
  }

  /** Names of the geometry columns there are. */
  geometries(): string[] {
    return this.all.filter(({ type }) => /(^|\.)geometry$/.test(type)).map(({ name }) => name);
  }

  /**
   * A column that must be there and of one of these types (any, when none is named).
   * @throws DatabaseSetupError naming table, column and what it is instead.
   */
  require(name: string, ...types: readonly string[]): Column {
    const column = this.find(name);
    if (column === undefined) {
      const names = this.all.map((one) => one.name).join(', ');
      throw new DatabaseSetupError(
        `table ${this.table.key} has no column ${name} (it has ${names})`,
        'Add it, or correct the names in db_config.json',
      );
    }
    // A type outside the search path is printed with its schema.
    const type = column.type.replace(/^.*\./, '');
    if (types.length > 0 && !types.includes(type)) {
      throw new DatabaseSetupError(
        `column ${name} of ${this.table.key} is of type ${column.type}`,
        `Make it ${types[0]!} (ALTER TABLE ${this.table.key} ALTER COLUMN ${column.sql} TYPE ${types[0]!})`,
      );
    }
    return column;
  }
}

/** A column without SRID in its type still has one in its rows. */
const FIRST_SRID = (table: Table, column: Column) =>
  `SELECT ST_SRID(${column.sql}) AS srid FROM ${table.key} WHERE ${column.sql} IS NOT NULL LIMIT 1`;

/**
 * The SRID of a geometry column.
 * @throws DatabaseSetupError when neither its type nor its first row has one.
 */
export async function sridOf(database: Database, table: Table, column: Column): Promise<number> {
  const srid =
    column.srid > 0
      ? column.srid
      : (await query<{ srid: number }>(database, FIRST_SRID(table, column)))[0]?.srid;
  if (srid !== undefined && srid > 0) return srid;
  throw new DatabaseSetupError(
    `column ${column.name} of ${table.key} has no coordinate reference system (SRID 0)`,
    `Set it with SELECT UpdateGeometrySRID(...), or import again with ogr2ogr -a_srs`,
  );
}
