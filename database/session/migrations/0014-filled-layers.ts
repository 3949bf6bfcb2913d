/**
 * Layers that are given rows of parcels which were skipped, when all others are stored already. Workers of before add none, and
 * leave these columns alone.
 */
export const filledLayers = {
  id: 14,
  name: 'filled-layers',
  sql: `
ALTER TABLE parcelwise.stored_layer ADD COLUMN filled integer, ADD COLUMN filled_at timestamptz;

COMMENT ON COLUMN parcelwise.stored_layer.filled IS 'of its rows, those that came last, of parcels that had been skipped for clouds; NULL where none did';
COMMENT ON COLUMN parcelwise.stored_layer.filled_at IS 'when they came';
COMMENT ON COLUMN parcelwise.gap.reason IS 'why; cloudy of a raw layer: the parcels were skipped, and can be added';`,
} as const;
