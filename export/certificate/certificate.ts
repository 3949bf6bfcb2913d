/**
 * What a certificate says, and its form.
 *
 * Terms. *Certificate*: a signed statement about the rows of a list of scenes, as an audit without findings saw them. *Digest*:
 * SHA-256 in hexadecimal. *Layer*: a band, raw (`B04`) or of clear pixels (`B04:clear`). *Gap*: a parcel that was met and has no
 * row of a layer, with the reason. *Signer*: whoever holds the private key.
 */
import { z } from 'zod';

export const FORMAT = 'parcelwise certificate 1';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);
const reasons = z.record(z.string(), count);

/** Rows of a scene and layer: how many, and the digest of all of them, whatever their order. */
const rows = z.object({ rows: count, digest });

const layer = rows.extend({ gaps: reasons });

/** An object of the store that the scene was read from. */
const object = z.object({ key: z.string(), etag: z.string(), bytes: count });

const scene = z.object({
  obsid: z.int(),
  reference: z.string(),
  /** UTC. */
  obstime: z.string(),
  sensor: z.string(),
  card: z.string(),
  campaign: z.string(),
  product: z.object({
    baseline: z.string().nullable(),
    item: z.string().nullable(),
    collection: z.string().nullable(),
    relativeOrbit: z.int().nullable(),
    pass: z.string().nullable(),
    radiometry: z.string(),
    offsets: z.record(z.string(), z.number()).optional(),
    /** Left out of scenes that were extracted before it was kept. */
    objects: z.array(object).optional(),
  }),
  /** Parcels met, in so many chunks; those that a later renewal adds are no part of it. */
  parcels: count,
  chunks: count,
  /** Of the parcels met, chunk by chunk, and of which of them are gaps of which layer and reason. */
  parcelsDigest: digest,
  gapsDigest: digest,
  layers: z.record(z.string(), layer),
  hists: rows.optional(),
  supersededBy: z.object({ obsid: z.int(), reference: z.string() }).optional(),
});

const rule = z.object({
  pixels: z.string(),
  innerBufferM: z.number(),
  indices: z.record(z.string(), z.string()),
  clear: z
    .object({
      classes: z.array(z.int()),
      widenM: z.number(),
      minPixels: z.number(),
      innerBufferM: z.number(),
    })
    .optional(),
});

const measured = z.object({
  card: z.string(),
  bands: z.array(z.string()),
  clearBands: z.array(z.string()),
  radiometry: z.string(),
  rule,
  scenes: count,
});

const selection = z.object({
  tables: z.object({ catalogue: z.string(), aois: z.string(), parcels: z.string() }),
  aoi: z.object({ field: z.string(), name: z.string() }),
  period: z.object({ start: z.string(), end: z.string() }),
  card: z.string(),
  minAreaM2: z.number(),
  scenes: count,
});

const table = z.object({
  catalogue: z.string(),
  results: z.string(),
  clear: z.string().optional(),
  hists: z.string().optional(),
  /** Columns whose values the digests are of, beside the parcel's id. */
  columns: z.object({ results: z.array(z.string()), clear: z.array(z.string()).optional() }),
  selections: z.array(selection),
  measured: z.array(measured),
  /** Fingerprints of the parcels that chunks were extracted from. */
  parcelSets: z.array(z.string()),
  sums: z.object({
    parcels: count,
    /** By layer: parcels met = rows + all gaps. */
    layers: z.record(z.string(), z.object({ parcels: count, rows: count, gaps: reasons })),
    hists: count,
  }),
  scenes: z.array(scene),
  /** Scenes that ended without rows, and why. */
  ended: z.array(
    z.object({
      obsid: z.int(),
      reference: z.string(),
      status: z.string(),
      reason: z.string().nullable(),
    }),
  ),
  /** Scenes that were claimed before, and are not extracted yet: no part of this. */
  open: count,
});

/** A parcel table as it was when the certificate was made. */
const parcels = z.object({ table: z.string(), parcels: count, digest });

/** A file of the export, by its path within the folder. */
const file = z.object({
  path: z.string(),
  bytes: count,
  sha256: digest,
  rows: count.optional(),
});

const certificate = z.object({
  format: z.literal(FORMAT),
  /** UTC. */
  made: z.string(),
  software: z.record(z.string(), z.string()),
  /** What the audit was narrowed to. */
  asked: z.object({
    results: z.string().optional(),
    card: z.string().optional(),
    campaign: z.string().optional(),
  }),
  audit: z.object({
    scenes: count,
    extracted: count,
    parcels: count,
    gaps: count,
    findings: z.literal(0),
    notes: z.array(z.string()),
  }),
  tables: z.array(table),
  parcels: z.array(parcels),
  /** Left out where no export was named. */
  files: z.array(file).optional(),
  /** The page for people that was written beside it. */
  page: z.object({ bytes: count, sha256: digest }),
  signer: z.object({ algorithm: z.literal('Ed25519'), publicKey: z.string(), fingerprint: digest }),
});

export type Certificate = z.infer<typeof certificate>;
/** What is told by the database, before the export's files and the page join it. */
export type Statement = Omit<Certificate, 'page' | 'signer' | 'files'>;
export type CertifiedTable = z.infer<typeof table>;
export type CertifiedScene = z.infer<typeof scene>;
export type CertifiedRows = z.infer<typeof rows>;
export type CertifiedFile = z.infer<typeof file>;
export type CertifiedParcels = z.infer<typeof parcels>;

/** A certificate's content where it is one. @returns what is wrong with it, where something is */
export function parseCertificate(content: unknown): Certificate | string {
  const { success, data, error } = certificate.safeParse(content);
  if (success) return data;
  const [first] = error.issues;
  return first === undefined ? 'it is none' : `${first.path.join('.') || 'the file'}: ${first.message}`;
}
