/** One dataset: the parcels of an area and year, and the series of them. */
import type pg from 'pg';
import {
  type DatasetTables,
  findParcelTypes,
  findServedTables,
  requireParcelType,
  type ServedTables,
} from '../../database/reads/served-tables.js';

/** What a file says of a dataset. */
export interface DatasetEntry {
  /** Area of interest, in small letters; rights are told by it. */
  readonly aoi: string;
  readonly year: number;
  readonly tables: DatasetTables;
  /** For people. */
  readonly description?: string | undefined;
}

/** Tables are looked for anew so often: columns, types and views come along while the server runs. */
const LOOK_AGAIN_MS = 60_000;
/** So many types of parcels are remembered; nobody has more. */
const MOST_TYPES = 100;

interface Remembered {
  readonly at: number;
  readonly tables: Promise<ServedTables>;
}

export class Dataset {
  private readonly remembered = new Map<string, Remembered>();

  constructor(
    private readonly pool: pg.Pool,
    readonly entry: DatasetEntry,
  ) {}

  get aoi(): string {
    return this.entry.aoi;
  }

  get year(): number {
    return this.entry.year;
  }

  /** As CbM's datasets.json names it: `ms_2024`. */
  get name(): string {
    return `${this.aoi}_${this.year}`;
  }

  /** Types of parcels that have a table of their own. */
  ptypes(): Promise<readonly string[]> {
    return findParcelTypes(this.pool, this.entry.tables.parcels);
  }

  /** @throws DatabaseSetupError naming the table or column that is missing, or where there are no parcels of the type. */
  async tablesOf(ptype = ''): Promise<ServedTables> {
    const known = this.remembered.get(ptype);
    if (known !== undefined && performance.now() - known.at < LOOK_AGAIN_MS) return known.tables;
    const tables = findServedTables(this.pool, this.entry.tables, requireParcelType(ptype));
    if (this.remembered.size >= MOST_TYPES) this.remembered.clear();
    const looked = { at: performance.now(), tables };
    this.remembered.set(ptype, looked);
    // What is not found now may be there when the next one asks.
    tables.catch(() => {
      if (this.remembered.get(ptype) === looked) this.remembered.delete(ptype);
    });
    return tables;
  }
}
