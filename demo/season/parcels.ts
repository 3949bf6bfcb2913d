/**
 * The parcel table's rows: the fields as farmers declare them, and a few rows as every real table has them that need care.
 */
import { GRID_10M, type Polygon, type Ring } from './area.js';
import type { Crop } from './crops.js';
import { middle, type Field, type Patch } from './landscape.js';

export interface Parcel {
  readonly fid: number;
  readonly crop: Crop;
  /** UTM 31N; undefined for a row without geometry. */
  readonly parts: readonly Polygon[] | undefined;
  /** What is odd about the row. */
  readonly remark?: string;
}

/** One parcel a field, `fid` being the field's number, then the awkward ones. */
export function parcels(patches: readonly Patch[]): Parcel[] {
  const fields = patches.filter((patch): patch is Field => patch.kind === 'field');
  const declared = fields.map(({ field, crop, parts }): Parcel => ({ fid: field, crop, parts }));
  const last = declared.length;
  return [...declared, ...awkward(fields).map((parcel, i) => ({ ...parcel, fid: last + 1 + i }))];
}

function awkward(fields: readonly Field[]): Omit<Parcel, 'fid'>[] {
  const [left, top] = [GRID_10M.originX, GRID_10M.originY];
  const inside = fields.filter(({ parts }) => {
    const [x, y] = middle(parts[0]![0]!);
    return x > left + 3000 && x < left + 8000 && y < top - 3000 && y > top - 8000;
  });
  const neighbour = inside[0]!;
  const [x, y] = middle(inside[Math.floor(inside.length / 2)]!.parts[0]![0]!);
  // Between two rows of pixel centres of the 10 m grid and of the 20 m grid, 2.3 m from both edges to the line.
  const line = top - 20 * Math.round((top - y) / 20);
  return [
    { crop: 'permanent grassland', parts: undefined, remark: 'no geometry' },
    {
      crop: 'permanent grassland',
      parts: [[rectangle(x, y, 40, 35)]],
      remark: 'smaller than 3000 square metres',
    },
    {
      crop: 'permanent grassland',
      parts: [[rectangle(x, line, 800, 4.6)]],
      remark: 'no pixel centre inside',
    },
    { crop: neighbour.crop, parts: shifted(neighbour.parts, 60, -40), remark: 'overlaps its neighbours' },
    {
      crop: 'maize',
      parts: [
        [
          [
            [x - 200, y + 900],
            [x + 180, y + 1000],
            [x + 180, y + 890],
            [x - 200, y + 940],
            [x - 200, y + 900],
          ],
        ],
      ],
      remark: 'a ring that crosses itself',
    },
    {
      crop: 'permanent grassland',
      parts: [[rectangle(left, top - 5490, 700, 300)]],
      remark: "half over the image's edge",
    },
  ];
}

function rectangle(x: number, y: number, width: number, height: number): Ring {
  const [west, east, south, north] = [x - width / 2, x + width / 2, y - height / 2, y + height / 2];
  return [
    [west, south],
    [west, north],
    [east, north],
    [east, south],
    [west, south],
  ];
}

function shifted(parts: readonly Polygon[], east: number, north: number): Polygon[] {
  return parts.map((rings) => rings.map((ring) => ring.map(([x, y]) => [x + east, y + north] as const)));
}
