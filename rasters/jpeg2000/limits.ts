/**
 * What a stream may ask of us before it is refused. A few bytes of a header can claim anything; these bounds, checked
 * before memory is taken, keep every decode within about 1.5 GB and a few seconds. They lie far above what any
 * satellite product uses (Sentinel-2: 144 tiles of 1024 x 1024, one component, one layer).
 */

/** Boxes of a JP2 file, at all depths. */
export const MAX_BOXES = 10_000;
/** Bytes of a GeoJP2 box, and of all XML boxes that are looked through for GML. */
export const MAX_METADATA_BYTES = 1 << 20;
/** Bytes of the main header, and of the header of one tile-part. */
export const MAX_HEADER_BYTES = 16 << 20;
/** As many as the standard allows. */
export const MAX_COMPONENTS = 16_384;
/** Marker segments of one header. */
export const MAX_SEGMENTS = 1 << 16;
/** Tile-parts of all tiles together: each is looked up in the file when it is opened. */
export const MAX_TILE_PARTS = 1 << 18;
/** Packets that progression order changes name again. */
export const MAX_PACKET_VISITS = 1 << 24;
/** Tiles of an image: the index of a tile has 16 bits (A.4.2). */
export const MAX_TILES = 65_535;
/**
 * Samples of one component of one tile: a whole Sentinel-2 band in one tile has 120,560,400. Each takes nine bytes of the
 * kernel's memory (four in its sub-band, four and one in the planes of the last two levels), 1.1 GB together.
 */
export const MAX_TILE_SAMPLES = 122_000_000;
/** Samples of the three components that are transformed together, and of all that OpenJPEG decodes together. */
export const MAX_JOINT_SAMPLES = 1 << 26;
/** Compressed bytes of one tile: more than a Sentinel-2 band has uncompressed. */
export const MAX_TILE_BYTES = 256 << 20;
/** Code-blocks of one tile, all components together: a 1024 x 1024 tile in the smallest code-blocks (4 x 4) has 65,536. */
export const MAX_CODE_BLOCKS = 1 << 21;
/** Code-blocks of all layers of a tile together: bounds the work of reading packet headers. */
export const MAX_BLOCK_VISITS = 1 << 27;
