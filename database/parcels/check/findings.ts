/** What can be wrong with a parcel table, and what parcelwise does about each. */

/**
 * `stops`: no campaign begins. `loses`: these parcels get no rows. `omits`: they are left out by the rule that was asked
 * for. `told`: no parcel is lost by it.
 */
export type Effect = 'stops' | 'loses' | 'omits' | 'told';

interface Kind {
  readonly title: string;
  readonly effect: Effect;
  /** What parcelwise does about it. */
  readonly done: string;
  /** What a person can do about it. */
  readonly remedy: string;
}

/** In the order they are told. */
export const PARCEL_FINDINGS = {
  'no-parcels': {
    title: 'no parcel in the table',
    effect: 'stops',
    done: 'a campaign stops before it begins: every scene would end as no_parcels, for good',
    remedy: 'bring parcels in: parcelwise parcels import, or ogr2ogr',
  },
  'id-column': {
    title: 'no integer column ogc_fid',
    effect: 'stops',
    done: 'a campaign stops before it begins',
    remedy:
      'where the parcels have numbers already (fid, objectid, gid), keep them: ALTER TABLE … RENAME COLUMN fid TO ogc_fid; else number them: ALTER TABLE … ADD COLUMN ogc_fid serial UNIQUE',
  },
  'geometry-column': {
    title: 'no geometry column wkb_geometry',
    effect: 'stops',
    done: 'a campaign stops before it begins',
    remedy:
      'rename the geometry column: ALTER TABLE … RENAME COLUMN … TO wkb_geometry (ogr2ogr -lco GEOMETRY_NAME=wkb_geometry -lco FID=ogc_fid names both so)',
  },
  srid: {
    title: 'no known coordinate reference system',
    effect: 'stops',
    done: 'a campaign stops before it begins',
    remedy: 'say which it is: SELECT UpdateGeometrySRID(…)',
  },
  'mixed-srid': {
    title: 'parcels of another SRID than the others',
    effect: 'stops',
    done: 'the database refuses to compare them, and the campaign stops',
    remedy: 'bring them into one: UPDATE … SET wkb_geometry = ST_Transform(wkb_geometry, …)',
  },
  'null-id': {
    title: 'parcels without ogc_fid',
    effect: 'stops',
    done: 'a campaign stops before it begins',
    remedy: 'number them, or remove them',
  },
  'large-id': {
    title: 'ogc_fid beyond the range of an integer',
    effect: 'stops',
    done: "a campaign stops before it begins: CbM's tables name parcels by an integer",
    remedy: 'number the parcels anew',
  },
  'doubled-id': {
    title: 'ogc_fid borne by several parcels',
    effect: 'stops',
    done: 'a campaign stops before it begins',
    remedy: 'number them apart, or remove the copies',
  },
  'null-geometry': {
    title: 'parcels without geometry',
    effect: 'loses',
    done: 'skipped: no scene selects them',
    remedy: 'give them a geometry, or live with it',
  },
  empty: {
    title: 'parcels of an empty geometry',
    effect: 'loses',
    done: 'skipped: no scene selects them',
    remedy: 'give them a geometry, or live with it',
  },
  'not-polygon': {
    title: 'geometries without any polygon',
    effect: 'loses',
    done: 'skipped: points and lines have no area',
    remedy: 'draw them as polygons',
  },
  astray: {
    title: "coordinates outside the reference system's range",
    effect: 'loses',
    done: 'counted as unprojectable in the accounts of the scenes that meet them, without rows',
    remedy: 'look whether the SRID is the right one, or the coordinates are swapped',
  },
  'none-in-aoi': {
    title: 'no parcel lies in the area of interest',
    effect: 'loses',
    done: 'every scene ends as no_parcels',
    remedy: 'look whether the SRID is the right one, and the area of interest the right one',
  },
  'invalid-small': {
    title: 'invalid polygons whose parts cancel out to less than the smallest area',
    effect: 'loses',
    done: 'left out as too small',
    remedy: 'repair them: UPDATE … SET wkb_geometry = ST_MakeValid(wkb_geometry)',
  },
  'no-pixel': {
    title: 'parcels too narrow for the centre of any 10 m pixel',
    effect: 'loses',
    done: 'counted as no-pixel in the accounts, without rows',
    remedy: 'live with it: there is no pixel to say anything about them',
  },
  invalid: {
    title: 'invalid polygons',
    effect: 'told',
    done: 'rasterised as they stand, by the even-odd rule, as GDAL does',
    remedy: 'repair them where that matters: ST_MakeValid',
  },
  collection: {
    title: 'curves and collections',
    effect: 'told',
    done: 'arcs become chords; of a collection the polygons count',
    remedy: '',
  },
  tiny: {
    title: 'parcels smaller than a 10 m pixel that are large enough for the rule',
    effect: 'told',
    done: 'they get a row if a pixel has its centre in them; those without one are told above',
    remedy: '',
  },
  small: {
    title: 'parcels of the smallest area or less',
    effect: 'omits',
    done: 'left out, as min_area_m2 asks for',
    remedy: '',
  },
  'beyond-aoi': {
    title: 'parcels beyond the area of interest',
    effect: 'omits',
    done: 'left out',
    remedy: '',
  },
  'doubled-geometry': {
    title: 'parcels of one and the same geometry',
    effect: 'told',
    done: 'each gets its rows, of the same numbers',
    remedy: '',
  },
  overlap: {
    title: 'pairs of parcels that overlap',
    effect: 'told',
    done: 'pixels that lie in both count for both',
    remedy: '',
  },
  'no-id-index': {
    title: 'no unique index on ogc_fid',
    effect: 'told',
    done: 'every campaign counts the ids again',
    remedy: 'CREATE UNIQUE INDEX ON … (ogc_fid)',
  },
  'no-spatial-index': {
    title: 'no spatial index',
    effect: 'told',
    done: 'every scene reads the whole table',
    remedy: 'CREATE INDEX ON … USING gist (wkb_geometry)',
  },
} as const satisfies Record<string, Kind>;

export type ParcelFindingKind = keyof typeof PARCEL_FINDINGS;

export interface ParcelFinding {
  readonly kind: ParcelFindingKind;
  readonly effect: Effect;
  /** Parcels, or pairs of them; 1 for what is wrong with the table itself. */
  readonly count: number;
  /** Some of the parcels, ascending; bigint and text ids as text. */
  readonly pids: readonly (string | null)[];
  /** What is to be said of each of them, or of the table. */
  readonly details: readonly string[];
  readonly done: string;
  readonly remedy: string;
}

export interface Found {
  readonly count: number;
  readonly pids?: readonly (string | null)[];
  readonly details?: readonly (string | null)[];
}

/** Counts what is found, and keeps some of it. */
export class ParcelFindings {
  private readonly kinds = new Map<
    ParcelFindingKind,
    { count: number; pids: (string | null)[]; details: string[] }
  >();

  /** `each`: so many parcels of a kind are named. */
  constructor(readonly each: number) {}

  add(kind: ParcelFindingKind, { count, pids = [], details = [] }: Found): void {
    const known = this.kinds.get(kind) ?? { count: 0, pids: [], details: [] };
    this.kinds.set(kind, known);
    known.count += count;
    known.pids = [...known.pids, ...pids].slice(0, this.each);
    known.details = [...known.details, ...details.filter((one) => one !== null)].slice(0, this.each);
  }

  has(...kinds: ParcelFindingKind[]): boolean {
    return kinds.some((kind) => this.kinds.has(kind));
  }

  list(): ParcelFinding[] {
    return (Object.keys(PARCEL_FINDINGS) as ParcelFindingKind[]).flatMap((kind) => {
      const found = this.kinds.get(kind);
      const { effect, done, remedy } = PARCEL_FINDINGS[kind];
      return found === undefined ? [] : [{ kind, effect, ...found, done, remedy }];
    });
  }
}
