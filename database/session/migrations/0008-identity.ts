/**
 * What is remembered is known by what it is: tables by their contents, with oid and file as hints; a scene by its reference
 * beside its id; owners by the Temporal server and namespace that runs them; hosts by the id of their scratch disk. Plans
 * say what they were made from, and the ledger knows each layer of a chunk. Of two products of an acquisition the day of
 * processing tells the newer.
 */

/** As in migration 5: every part of a name has its place. */
const SENTINEL_2 = 'S2_\\_MSIL__\\_________T______\\_N____\\_R___\\_T_____\\_%';

export const identity = {
  id: 8,
  name: 'identity',
  sql: `
CREATE TABLE parcelwise.stored_table (
  table_name text PRIMARY KEY,
  files text,
  verified_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE parcelwise.temporal_lease (
  cluster text NOT NULL,
  namespace text NOT NULL,
  token text NOT NULL,
  address text NOT NULL,
  renewed_at timestamptz NOT NULL DEFAULT now(),
  stopped boolean NOT NULL DEFAULT false,
  PRIMARY KEY (cluster, namespace, token)
);

CREATE TABLE parcelwise.host_lease (
  host text PRIMARY KEY,
  token text NOT NULL,
  hostname text NOT NULL,
  renewed_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE parcelwise.extraction
  ADD COLUMN reference text,
  ADD COLUMN word text,
  ADD COLUMN owner_cluster text,
  ADD COLUMN owner_namespace text;

UPDATE parcelwise.extraction SET word = status WHERE status_in = 'catalogue';

ALTER TABLE parcelwise.sweep ADD COLUMN files text;

ALTER TABLE parcelwise.plan
  ADD COLUMN selection jsonb,
  ADD COLUMN parcel_set text;

CREATE TABLE parcelwise.stored_layer (
  results_table text NOT NULL,
  obsid integer NOT NULL,
  chunk integer NOT NULL,
  layer text NOT NULL,
  rows integer NOT NULL,
  PRIMARY KEY (results_table, obsid, chunk, layer),
  FOREIGN KEY (results_table, obsid, chunk) REFERENCES parcelwise.ledger ON DELETE CASCADE
);
INSERT INTO parcelwise.stored_layer (results_table, obsid, chunk, layer, rows)
  SELECT l.results_table, l.obsid, l.chunk, e_band.band, l.parcels - coalesce((
    SELECT sum(cardinality(g.pids)) FROM parcelwise.gap g
    WHERE (g.results_table, g.obsid, g.chunk, g.band) = (l.results_table, l.obsid, l.chunk, e_band.band)), 0)
  FROM parcelwise.ledger l
  JOIN parcelwise.extraction e USING (results_table, obsid)
  CROSS JOIN LATERAL (SELECT DISTINCT unnest(e.bands) AS band) AS e_band;

CREATE OR REPLACE FUNCTION parcelwise.product_version(reference text, generated_at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN reference LIKE '${SENTINEL_2}'
      THEN substr(reference, CASE WHEN substr(reference, 46, 9) ~ '^[0-9]{8}T' THEN 46 ELSE 12 END, 8) || ' ' || substr(reference, 29, 4)
    ELSE to_char(generated_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISS') END
$$;

CREATE FUNCTION parcelwise.is_newer(version text, than text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT version COLLATE "C" > than COLLATE "C"
    AND (substr(version, 10) <> substr(than, 10) OR substr(version, 9, 1) <> ' ')
$$;

COMMENT ON FUNCTION parcelwise.acquisition IS 'what the names of all products of the same acquisition have in common (Sentinel-2: datatake and tile); to be compared for equality';
COMMENT ON FUNCTION parcelwise.product_version IS 'orders products of one acquisition: the day of processing and then the baseline, as the name tells them, else the time of production; NULL where neither is known';
COMMENT ON FUNCTION parcelwise.is_newer IS 'whether a product of one version takes the place of one of another: products of one baseline never do';
DO $$
DECLARE key record;
BEGIN
  FOR key IN SELECT conname, conrelid::regclass AS of, pg_get_constraintdef(oid) AS definition FROM pg_constraint
             WHERE contype = 'f' AND confupdtype <> 'c' AND connamespace = 'parcelwise'::regnamespace LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I %s ON UPDATE CASCADE', key.of, key.conname, key.conname, key.definition);
  END LOOP;
END $$;

COMMENT ON TABLE parcelwise.stored_table IS 'tables that rows were stored in, as they were when last seen to hold what the ledger says';
COMMENT ON COLUMN parcelwise.stored_table.files IS 'oid and file of the table and its partitions, hints only: where they differ the rows are counted; NULL: a view or foreign table';
COMMENT ON TABLE parcelwise.temporal_lease IS 'Temporal servers and namespaces whose workers are alive, one line a worker process, renewed by it';
COMMENT ON TABLE parcelwise.host_lease IS 'scratch disks in use, by the id each bears, and the process that uses it';
COMMENT ON COLUMN parcelwise.extraction.reference IS 'the product, as the catalogue named it when the scene was claimed';
COMMENT ON COLUMN parcelwise.extraction.word IS 'the word that parcelwise last wrote into the catalogue for this extraction: where that has another, somebody else changed it';
COMMENT ON COLUMN parcelwise.sweep.files IS 'oid and file of the catalogue table that was swept: another one of its name was not';
COMMENT ON COLUMN parcelwise.extraction.owner_cluster IS 'the Temporal server that runs the owner; NULL for owners of before, and for commands by hand';
COMMENT ON COLUMN parcelwise.plan.selection IS 'what the chunk was planned from: tables, AOI, smallest area, pixel rule';
COMMENT ON COLUMN parcelwise.plan.parcel_set IS 'fingerprint of the parcels that the chunk was planned from';
COMMENT ON TABLE parcelwise.stored_layer IS 'the layers of a stored chunk (a band, raw), with the rows of each: part of the ledger, whose line says which parcels';`,
} as const;
