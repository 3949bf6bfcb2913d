/**
 * `manifest.json` of a target: which files there are, with their hashes, and what each is of. It is written anew after every file,
 * so that a run that was killed is gone on with. docs/export.md tells its fields, and other programs may rely on them.
 */
import { z } from 'zod';
import { UserError } from '../terminal/user-error.js';

export const MANIFEST = 'manifest.json';
/** Of the fields: it changes where one of them goes or means something else. */
const VERSION = 1;

const SCENE = z.object({
  obsid: z.int(),
  reference: z.string(),
  card: z.string(),
  day: z.string(),
  /** When it was extracted, UTC; null where another tool did that. */
  extracted: z.string().nullable(),
  stamp: z.string(),
});

const FILE = z.object({
  path: z.string(),
  what: z.enum(['series', 'parcels']),
  bytes: z.number(),
  sha256: z.string(),
  rows: z.number(),
  /** Of a run that has not ended yet: it takes the place of others then. */
  pending: z.literal(true).optional(),
  /** Of series: the scenes whose rows it holds, and its folder. */
  partition: z.string().optional(),
  scenes: z.array(SCENE).optional(),
  /** Of series: names of its columns. A table may come to have more, and files of one export have the same. */
  columns: z.array(z.string()).optional(),
  /** Of parcels: a digest of their rows, and the box around them in degrees, where they have an outline. */
  fingerprint: z.string().optional(),
  bbox: z.array(z.number()).optional(),
});

const OF = z.object({
  database: z.string(),
  catalogue: z.string(),
  results: z.string(),
  table: z.string(),
  what: z.string(),
  parcels: z.string().nullable(),
  kind: z.string(),
  layout: z.string(),
  format: z.string(),
  by: z.string(),
  best: z.boolean(),
  bands: z.array(z.string()).nullable(),
  area: z.string().nullable(),
});

const FORM = z.object({
  type: z.literal('parcelwise-export'),
  version: z.literal(VERSION),
  /** When the last run ended, UTC; null where none has yet. */
  made: z.string().nullable(),
  software: z.string(),
  of: OF,
  files: z.array(FILE),
  withoutRows: z.array(SCENE),
});

export type Manifest = z.infer<typeof FORM>;
export type ManifestFile = z.infer<typeof FILE>;
export type ManifestScene = z.infer<typeof SCENE>;
export type ExportOf = z.infer<typeof OF>;

export function newManifest(of: ExportOf, software: string): Manifest {
  return {
    type: 'parcelwise-export',
    version: VERSION,
    made: null,
    software,
    of,
    files: [],
    withoutRows: [],
  };
}

/** @throws UserError where it is none of ours, or of a version that this one does not know. */
export function parseManifest(text: string, where: string): Manifest {
  const told = FORM.safeParse(jsonOf(text));
  if (told.success) return told.data;
  throw new UserError(
    `${where}/${MANIFEST} is none that this version of parcelwise writes; name another target, or remove what lies there`,
  );
}

/** Undefined where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, undefined, 1)}\n`;
}

/** In what an export differs from the one that the target holds; undefined where it is the same. */
export function differenceOf(before: ExportOf, now: ExportOf): string | undefined {
  const names = Object.keys(now) as (keyof ExportOf)[];
  const other = names.find((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]));
  if (other === undefined) return undefined;
  return `${other} ${shown(before[other])}, not ${shown(now[other])}`;
}

function shown(value: ExportOf[keyof ExportOf]): string {
  return value === null ? 'none' : String(value);
}
