/**
 * Layers that are stored later than their chunk. Lines of before, and those that were written before this was kept, were stored
 * with it.
 */
export const addedLayers = {
  id: 13,
  name: 'added-layers',
  sql: `
ALTER TABLE parcelwise.stored_layer ADD COLUMN stored_at timestamptz;
ALTER TABLE parcelwise.stored_layer ALTER COLUMN stored_at SET DEFAULT now();

COMMENT ON COLUMN parcelwise.stored_layer.stored_at IS 'NULL where it was stored with the chunk, before this was kept';`,
} as const;
