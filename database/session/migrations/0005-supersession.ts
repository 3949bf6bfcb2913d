/**
 * Products of the same acquisition: which are made again from the same data, and which extraction another one has taken
 * the place of. What a product is stands in its name, so that catalogues of any making are understood.
 */

/** `S2A_MSIL2A_20240302T105619_N0400_R051_T31UES_…`: every part has its place, and LIKE is far quicker than an expression. */
const SENTINEL_2 = 'S2_\\_MSIL__\\_________T______\\_N____\\_R___\\_T_____\\_%';

export const supersession = {
  id: 5,
  name: 'supersession',
  sql: `
CREATE FUNCTION parcelwise.acquisition(reference text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE
    WHEN reference LIKE '${SENTINEL_2}'
      THEN left(reference, 8) || '__' || substr(reference, 11, 18) || '____' || substr(reference, 33, 13) || '%'
    WHEN reference LIKE '%\\_____\\_CARD\\_BS' THEN left(reference, -13) || '______CARD_BS'
    ELSE reference
  END
$$;

CREATE FUNCTION parcelwise.product_version(reference text, generated_at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN reference LIKE '${SENTINEL_2}' THEN substr(reference, 29, 4)
              ELSE to_char(generated_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISS') END
$$;

CREATE FUNCTION parcelwise.covers(newer geometry, older geometry) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(ST_Area(ST_Intersection(newer, older)) >= 0.8 * ST_Area(older), false)
$$;

CREATE TABLE parcelwise.supersession (
  results_table text NOT NULL,
  obsid integer NOT NULL,
  by_obsid integer NOT NULL,
  since timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (results_table, obsid),
  FOREIGN KEY (results_table, obsid) REFERENCES parcelwise.extraction ON DELETE CASCADE,
  FOREIGN KEY (results_table, by_obsid) REFERENCES parcelwise.extraction ON DELETE CASCADE
);

COMMENT ON FUNCTION parcelwise.acquisition IS 'LIKE pattern of the names of all products of the same acquisition (Sentinel-2: datatake and tile)';
COMMENT ON FUNCTION parcelwise.product_version IS 'orders products of one acquisition: the processing baseline, else the time of production; NULL where neither is known';
COMMENT ON FUNCTION parcelwise.covers IS 'whether products show the ground of another, but for its edges';
COMMENT ON TABLE parcelwise.supersession IS 'extractions whose rows a newer product of the same acquisition has taken the place of';`,
} as const;
