/**
 * Raster files: JPEG 2000, GeoTIFF and ENVI behind one interface, {@link Raster}, opened by {@link openRaster}. Pixels are
 * read by window; what decodes a format is loaded when a file of it is opened.
 *
 * Terms. *Grid*: CRS, transform and size of a raster. *Window*: a rectangle of its pixels. *Block*: the rectangle a format
 * stores as one. *No-data*, *mask*: what says that a pixel holds no measurement.
 *
 * @module parcelwise/rasters
 */
export { openRaster } from './open.js';
export { PIXEL_ARRAYS, pixelArray, RasterError } from './raster.js';
export type { PixelArray, PixelType, Raster, RasterGrid, Seek, Target, Window } from './raster.js';
export type { WantedPixels } from './wanted-pixels.js';
// How long a step of a grid is on the ground.
export { isGeographic, metresPerUnit } from './crs-units.js';
// What lies beside rasters: ENVI headers, and the XML documents of a product's metadata.
export { enviGrid } from './envi-grid.js';
export { parseEnviHeader } from './envi-header.js';
export type { EnviHeader } from './envi-header.js';
// What of a file is read for a window, and files of which only that was fetched.
export { bytesOf, joined, missing } from './byte-ranges.js';
export type { ByteRange } from './byte-ranges.js';
export { isThere } from './is-there.js';
export { placesPath, readPlaces, writePlaces } from './block-places.js';
export type { BlockPlace } from './block-places.js';
export { NotFetched, partialPath, readPresent, removeList, writePresent } from './partial-file.js';
export { Damage } from './damage.js';
export { findElement, findElements, MAX_XML_BYTES, readXml } from './xml.js';
export type { XmlElement } from './xml.js';
