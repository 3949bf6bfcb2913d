/**
 * The orbit of each scene, and who says so. A table of its own beside parcelwise.product: scenes that no source has told of have
 * an orbit by their names, too.
 */
export const orbits = {
  id: 10,
  name: 'orbits',
  sql: `
CREATE TABLE parcelwise.orbit (
  catalogue_table text NOT NULL,
  obsid integer NOT NULL,
  reference text NOT NULL,
  relative_orbit smallint,
  relative_by text,
  pass text CHECK (pass IN ('ascending', 'descending')),
  pass_by text,
  contradictions text[] NOT NULL DEFAULT '{}',
  source text,
  PRIMARY KEY (catalogue_table, obsid),
  CHECK ((relative_orbit IS NULL) = (relative_by IS NULL) AND (pass IS NULL) = (pass_by IS NULL))
);

COMMENT ON TABLE parcelwise.orbit IS 'the relative orbit and the pass of a scene; a scene of which neither is known has a row of NULLs';
COMMENT ON COLUMN parcelwise.orbit.relative_by IS 'who says so: item (its STAC item), name (the product''s name)';
COMMENT ON COLUMN parcelwise.orbit.pass_by IS 'who says so: item, name, mission (it can not be otherwise), time (of day, by the sun)';
COMMENT ON COLUMN parcelwise.orbit.contradictions IS 'sentences about what item and name say differently; the item is believed';
COMMENT ON COLUMN parcelwise.orbit.source IS 'the source whose item tells, by its address; NULL where none does';`,
} as const;
