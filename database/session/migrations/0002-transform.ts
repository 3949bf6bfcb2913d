/**
 * A transformation that gives NULL where PROJ gives an error. A subtransaction a row is slow and forbids parallel
 * plans, so it is only asked after the plain one has failed.
 */
export const transform = {
  id: 2,
  name: 'transform',
  sql: `
CREATE FUNCTION parcelwise.transform_or_null(shape geometry, srid integer) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN ST_Transform(shape, srid);
EXCEPTION WHEN OTHERS THEN
  RETURN NULL;
END $$;
COMMENT ON FUNCTION parcelwise.transform_or_null IS 'ST_Transform, or NULL outside the domain of the projection';`,
} as const;
