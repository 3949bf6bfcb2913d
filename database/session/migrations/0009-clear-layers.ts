/**
 * Clear rows beside raw ones, and the rule that rows are measured by. A clear layer is known by the name of its band and
 * `:clear`, in stored_layer.layer and gap.band, so that the keys of both stay as they are: who asks for a band by its name gets
 * its raw layer, and workers of before go on storing. They don't know of rules: a chunk of a scene that is to be measured by
 * another than theirs they must not store, and they are told by what they don't write, `ledger.clear`.
 */
export const clearLayers = {
  id: 9,
  name: 'clear-layers',
  sql: `
ALTER TABLE parcelwise.extraction
  ADD COLUMN clear_table text,
  ADD COLUMN clear_bands text[] NOT NULL DEFAULT '{}',
  ADD COLUMN rule jsonb NOT NULL DEFAULT '{"pixels": "centre", "innerBufferM": 0, "indices": {}}';
CREATE UNIQUE INDEX extraction_clear ON parcelwise.extraction (clear_table, obsid);

ALTER TABLE parcelwise.ledger ADD COLUMN clear integer NOT NULL DEFAULT 0;
ALTER TABLE parcelwise.ledger ALTER COLUMN clear DROP DEFAULT;
CREATE FUNCTION parcelwise.refuse_other_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM parcelwise.extraction e WHERE (e.results_table, e.obsid) = (NEW.results_table, NEW.obsid)
      AND (e.clear_bands <> '{}' OR e.rule ->> 'pixels' <> 'centre' OR (e.rule ->> 'innerBufferM')::float8 > 0)
  ) THEN
    RAISE EXCEPTION 'scene % of % is measured by a rule that this version of parcelwise does not know', NEW.obsid, NEW.results_table
      USING HINT = 'Stop the workers of before and start those of the new version';
  END IF;
  NEW.clear := 0;
  RETURN NEW;
END $$;
CREATE TRIGGER refuse_other_rules BEFORE INSERT ON parcelwise.ledger
  FOR EACH ROW WHEN (NEW.clear IS NULL) EXECUTE FUNCTION parcelwise.refuse_other_rules();

COMMENT ON COLUMN parcelwise.extraction.clear_table IS 'where the clear rows are; one extraction a scene and table, or readers would find each row twice';
COMMENT ON COLUMN parcelwise.extraction.clear_bands IS 'those of the bands that have a clear layer too';
COMMENT ON COLUMN parcelwise.extraction.rule IS 'what the rows are measured by: which pixels, inner buffers, which pixels are clear, the expressions of indices';
COMMENT ON COLUMN parcelwise.ledger.clear IS 'clear rows of the chunk, in the clear table';
COMMENT ON COLUMN parcelwise.stored_layer.layer IS 'a band, or a band and :clear';
COMMENT ON COLUMN parcelwise.gap.band IS 'a layer: a band, or a band and :clear; hist for histograms';
COMMENT ON TABLE parcelwise.stored_layer IS 'the layers of a stored chunk (a band, raw or clear), with the rows of each: part of the ledger, whose line says which parcels';`,
} as const;
