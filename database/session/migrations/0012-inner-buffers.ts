/**
 * Buffers that give NULL where GEOS, or PROJ on the way to metres, gives an error. A subtransaction a row is slow, so they are
 * only asked after the plain ones have failed.
 */
const BUFFER_OR_NULL = (type: 'geometry' | 'geography') => `
CREATE FUNCTION parcelwise.buffer_or_null(shape ${type}, metres double precision) RETURNS ${type}
LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN ST_Buffer(shape, metres);
EXCEPTION WHEN OTHERS THEN
  RETURN NULL;
END $$;
COMMENT ON FUNCTION parcelwise.buffer_or_null(${type}, double precision) IS 'ST_Buffer, or NULL of a shape that GEOS refuses';`;

export const innerBuffers = {
  id: 12,
  name: 'inner-buffers',
  sql: BUFFER_OR_NULL('geometry') + BUFFER_OR_NULL('geography'),
} as const;
