/**
 * What is needed to extract just the parcels that have changed since a scene was extracted: the shapes of each version of
 * a parcel set as digests, kept once a version and not once a scene; chunks that list their parcels; and parcels whose
 * rows have outlived them.
 */
export const parcelSets = {
  id: 7,
  name: 'parcel-sets',
  sql: `
CREATE TABLE parcelwise.parcel_set (
  parcel_set text PRIMARY KEY,
  parcels_table text NOT NULL,
  pids integer[] NOT NULL,
  digests integer[] NOT NULL,
  kept_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE parcelwise.plan ADD COLUMN pids integer[];
ALTER TABLE parcelwise.extraction ADD COLUMN gone integer[];

COMMENT ON TABLE parcelwise.parcel_set IS 'a version of a parcel table, known by its fingerprint: a 32-bit digest of the geometry of each parcel';
COMMENT ON COLUMN parcelwise.plan.pids IS 'chunks of changed parcels list them; NULL: all that are met in the range';
COMMENT ON COLUMN parcelwise.extraction.gone IS 'parcels with rows that the scene no longer meets: removed, or moved away';`,
} as const;
