/**
 * What is kept from workers of before, and told of indices. Of a claim that such a worker enters nobody knows by which rule its
 * scene was to be measured, so a table that a campaign asked for a rule of is closed to them. A pixel without an index value is in no
 * row, and in no gap either where its parcel has others.
 */
export const toldApart = {
  id: 11,
  name: 'told-apart',
  sql: `
CREATE TABLE parcelwise.ruled_table (
  table_name text PRIMARY KEY,
  asked_at timestamptz NOT NULL DEFAULT now()
);

CREATE OR REPLACE FUNCTION parcelwise.refuse_other_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM parcelwise.ruled_table r WHERE r.table_name = NEW.results_table) OR EXISTS (
    SELECT FROM parcelwise.extraction e WHERE e.results_table = NEW.results_table
      AND (e.clear_bands <> '{}' OR e.rule ->> 'pixels' <> 'centre' OR (e.rule ->> 'innerBufferM')::float8 > 0)
  ) THEN
    RAISE EXCEPTION 'scenes of % are measured by a rule that this version of parcelwise does not know', NEW.results_table
      USING HINT = 'Stop the workers of before and start those of the new version';
  END IF;
  NEW.clear := 0;
  RETURN NEW;
END $$;

ALTER TABLE parcelwise.stored_layer ADD COLUMN without_value jsonb;

COMMENT ON TABLE parcelwise.ruled_table IS 'results tables that a campaign asked for clear rows, another pixel rule or a buffer in: closed to workers that know none of them';
COMMENT ON COLUMN parcelwise.stored_layer.without_value IS 'of an index: pixels of the parcels that it has no value of, by reason; NULL where it has one of each';`,
} as const;
