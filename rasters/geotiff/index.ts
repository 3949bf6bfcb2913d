/** GeoTIFF: classic and BigTIFF, strips and tiles, either byte order. */
export { georeferenceOfTiff, openGeoTiff } from './open.js';
