/**
 * Layers that are stored later than their chunk. Lines of before, and those that were written before this was kept, were stored
 * with it. Workers of before know nothing of clear layers, so a scene that lacks some is whole to them: they may not say so.
 */
export const addedLayers = {
  id: 13,
  name: 'added-layers',
  sql: `
ALTER TABLE parcelwise.stored_layer ADD COLUMN stored_at timestamptz;
ALTER TABLE parcelwise.stored_layer ALTER COLUMN stored_at SET DEFAULT now();

CREATE FUNCTION parcelwise.refuse_lacking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM parcelwise.ledger l CROSS JOIN unnest(NEW.clear_bands) AS band
    WHERE (l.results_table, l.obsid) = (NEW.results_table, NEW.obsid) AND NOT EXISTS (
      SELECT FROM parcelwise.stored_layer y
      WHERE (y.results_table, y.obsid, y.chunk, y.layer) = (l.results_table, l.obsid, l.chunk, band || ':clear'))
  ) THEN
    RAISE EXCEPTION 'scene % of % lacks clear rows, which this version of parcelwise does not know', NEW.obsid, NEW.results_table
      USING HINT = 'Stop the workers of before and start those of the new version';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER refuse_lacking BEFORE UPDATE OF status ON parcelwise.extraction
  FOR EACH ROW WHEN (NEW.status = 'extracted' AND OLD.status <> 'extracted') EXECUTE FUNCTION parcelwise.refuse_lacking();

COMMENT ON COLUMN parcelwise.stored_layer.stored_at IS 'NULL where it was stored with the chunk, before this was kept';`,
} as const;
