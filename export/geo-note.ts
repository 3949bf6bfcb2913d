/** What a GeoParquet file says of its geometry (GeoParquet 1.1.0, metadata `geo`), found out while the file is written. */
import type { CopiedColumn } from '../database/reads/copied-rows.js';
import type { Batch, ExportColumn } from './table-file.js';

/** Names of the types of well-known binary, as GeoParquet writes them. */
const TYPES: Readonly<Record<number, string>> = {
  ...{ 1: 'Point', 2: 'LineString', 3: 'Polygon' },
  ...{ 4: 'MultiPoint', 5: 'MultiLineString', 6: 'MultiPolygon', 7: 'GeometryCollection' },
};

export class GeoNote {
  private readonly types = new Set<string>();
  private readonly box = [Infinity, Infinity, -Infinity, -Infinity];
  private readonly shape: number;
  private readonly sides: readonly number[];

  constructor(columns: readonly ExportColumn[]) {
    this.shape = columns.findIndex(({ type }) => type === 'bytes');
    this.sides = columns.flatMap(({ group }, i) => (group === 'bbox' ? [i] : []));
  }

  see({ rows, columns }: Batch): void {
    for (const [side, column] of this.sides.entries()) this.widen(side, columns[column]!, rows);
    const shapes = columns[this.shape]?.values;
    if (shapes === undefined) return;
    for (let row = 0; row < rows; row++) {
      const wkb = shapes[row] as Uint8Array | null;
      if (wkb !== null) this.types.add(TYPES[wkb[1]!] ?? 'GeometryCollection');
    }
  }

  /** Degrees: west, south, east, north. */
  get bbox(): readonly number[] | undefined {
    return this.box.every(Number.isFinite) ? this.box : undefined;
  }

  /** Without a reference system: that is longitude and latitude, OGC:CRS84. */
  texts(): Record<string, string> {
    const covering = { bbox: Object.fromEntries(SIDES.map((side) => [side, ['bbox', side]])) };
    const geometry = {
      ...{ encoding: 'WKB', geometry_types: [...this.types].sort(), edges: 'planar', covering },
      ...(this.bbox !== undefined && { bbox: this.bbox }),
    };
    return {
      geo: JSON.stringify({ version: '1.1.0', primary_column: 'geometry', columns: { geometry } }),
    };
  }

  private widen(side: number, { values, nulls }: CopiedColumn, rows: number): void {
    const isLower = side < 2;
    for (let row = 0; row < rows; row++) {
      if (nulls?.[row] === 1) continue;
      const value = values[row] as number;
      if (isLower ? value < this.box[side]! : value > this.box[side]!) this.box[side] = value;
    }
  }
}

const SIDES = ['xmin', 'ymin', 'xmax', 'ymax'];
