/** What is known of a scene's product beyond CbM's catalogue row, and when a source was last read to its end. */
export const products = {
  id: 4,
  name: 'products',
  sql: `
CREATE TABLE parcelwise.product (
  catalogue_table text NOT NULL,
  obsid integer NOT NULL,
  reference text NOT NULL,
  source text NOT NULL,
  item text NOT NULL,
  collection text,
  datatake text,
  tile text,
  baseline text,
  generated_at timestamptz,
  published_at timestamptz,
  cloud_cover real,
  offset_applied boolean,
  hrefs jsonb NOT NULL DEFAULT '{}',
  footprint geometry(MultiPolygon, 4326),
  seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (catalogue_table, obsid)
);
CREATE INDEX product_acquisition ON parcelwise.product (catalogue_table, datatake, tile);

CREATE TABLE parcelwise.sweep (
  catalogue_table text NOT NULL,
  search text NOT NULL,
  swept_at timestamptz NOT NULL,
  PRIMARY KEY (catalogue_table, search)
);

COMMENT ON TABLE parcelwise.product IS 'the product of a scene: where its bands lie, its datatake, tile and baseline, and its whole footprint';
COMMENT ON TABLE parcelwise.sweep IS 'when a source was last read over the whole of a period';`,
} as const;
