/**
 * `item.json` of a target: the export as a STAC item (1.1.0) with the table extension, for catalogues and for whoever asks where
 * the numbers come from. Like the manifest, it is about the target as it is, and so no file that a certificate would name.
 */
import { createHash } from 'node:crypto';
import type { ExportedScene } from '../database/reads/exported-scenes.js';
import type { CopiedType } from '../database/reads/copied-rows.js';
import type { Format } from './formats.js';
import { FORMATS } from './formats.js';
import { type ExportOf, MANIFEST, type ManifestFile } from './manifest.js';
import type { ExportColumn } from './table-file.js';

export const ITEM = 'item.json';

const EXTENSIONS = [
  'https://stac-extensions.github.io/table/v1.2.0/schema.json',
  'https://stac-extensions.github.io/file/v2.1.0/schema.json',
  'https://stac-extensions.github.io/processing/v1.2.0/schema.json',
];

export interface ItemSources {
  readonly of: ExportOf;
  readonly format: Format;
  readonly files: readonly ManifestFile[];
  /** Those whose rows the files hold, and those that have none. */
  readonly scenes: readonly ExportedScene[];
  readonly columns: Readonly<Record<ManifestFile['what'], readonly ExportColumn[]>>;
  /** Degrees: west, south, east, north; undefined where nobody knows. */
  readonly bbox: readonly number[] | undefined;
  /** Programs and their versions. */
  readonly software: Readonly<Record<string, string>>;
  /** When the export ended, UTC. */
  readonly made: string;
}

export function itemOf(sources: ItemSources): Record<string, unknown> {
  const { files, scenes, bbox, software, made } = sources;
  // In one order, whether it was made now or read from the manifest.
  const of = Object.fromEntries(Object.entries(sources.of).sort(([a], [b]) => (a < b ? -1 : 1))) as ExportOf;
  const times = scenes.map(({ obstime }) => obstime).sort();
  const [first] = times;
  const series = files.filter(({ what }) => what === 'series');
  const about = of.what.includes('series') ? tableFields(sources, 'series', series) : {};
  const parcels = tableFields(
    sources,
    'parcels',
    files.filter(({ what }) => what === 'parcels'),
  );
  return {
    ...{ type: 'Feature', stac_version: '1.1.0', stac_extensions: EXTENSIONS },
    id: `parcelwise-${createHash('sha256').update(JSON.stringify(of)).digest('hex').slice(0, 16)}`,
    geometry: bbox === undefined ? null : outline(bbox),
    ...(bbox !== undefined && { bbox }),
    properties: {
      title: `${of.what.replace(',', ' and ')} of ${of.results}`,
      ...(first === undefined
        ? { datetime: made }
        : { datetime: null, start_datetime: first, end_datetime: times.at(-1) }),
      updated: made,
      ...(of.what.includes('series') ? about : parcels),
      'processing:software': software,
      'parcelwise:asked': of,
      'parcelwise:scenes': scenes.length,
      'parcelwise:measured': measured(scenes),
      'parcelwise:parcel_sets': [...new Set(scenes.flatMap(({ parcelSets }) => parcelSets))].sort(),
    },
    links: [],
    assets: {
      ...Object.fromEntries(files.map((file) => [file.path, asset(sources, file)])),
      manifest: {
        ...{ href: `./${MANIFEST}`, type: 'application/json', roles: ['metadata'] },
        title: 'files with their hashes, and the scenes of each',
      },
    },
  };
}

/** Whether two items say the same, whenever they were made. */
export function isSameItem(a: unknown, b: unknown): boolean {
  return comparable(a) === comparable(b);
}

function comparable(item: unknown): string {
  return JSON.stringify(item, (key, value: unknown) => (key === 'updated' ? undefined : value));
}

function tableFields(
  { columns }: ItemSources,
  what: ManifestFile['what'],
  files: readonly ManifestFile[],
): Record<string, unknown> {
  return {
    'table:columns': columns[what].map(({ name, group, type, meaning }) => ({
      ...{ name: group === undefined ? name : `${group}.${name}`, description: meaning, type: TYPES[type] },
    })),
    'table:row_count': files.reduce((sum, { rows }) => sum + rows, 0),
    ...(what === 'parcels' && { 'table:primary_geometry': 'geometry' }),
  };
}

/** Names of Parquet's and Arrow's types. */
const TYPES: Readonly<Record<CopiedType, string>> = {
  ...{ integer: 'int32', long: 'int64', real: 'float', double: 'double', boolean: 'boolean' },
  ...{ text: 'string', bytes: 'binary', date: 'date', time: 'timestamp' },
};

function asset(sources: ItemSources, file: ManifestFile): Record<string, unknown> {
  const { path, what, bytes, sha256, rows } = file;
  return {
    ...{ href: `./${path}`, type: FORMATS[sources.format].mediaType, roles: ['data'], title: what },
    // A multihash: 12 for SHA-256, 20 for its 32 bytes.
    ...{ 'file:size': bytes, 'file:checksum': `1220${sha256}`, 'table:row_count': rows },
    ...(what === 'parcels' && tableFields(sources, what, [file])),
  };
}

/** What the numbers are, each kind once, with how many scenes are of it. */
function measured(scenes: readonly ExportedScene[]): Record<string, unknown>[] {
  const kinds = new Map<string, { kind: Record<string, unknown>; scenes: number }>();
  for (const { card, radiometry, baseline, rule, bands } of scenes) {
    const kind = { card: card.trim(), radiometry, baseline, bands: bands.toSorted(), rule };
    const key = JSON.stringify(kind);
    const one = kinds.get(key) ?? { kind, scenes: 0 };
    one.scenes++;
    kinds.set(key, one);
  }
  return [...kinds]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, one]) => ({ ...one.kind, scenes: one.scenes }));
}

function outline([west, south, east, north]: readonly number[]): Record<string, unknown> {
  const ring = [
    ...[
      [west, south],
      [east, south],
      [east, north],
      [west, north],
    ],
    [west, south],
  ];
  return { type: 'Polygon', coordinates: [ring] };
}
