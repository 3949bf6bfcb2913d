/** Where an image lies, as one of the places that may say so states it. */

/** CRS and affine transform of a north-up raster: origin is the outer corner of the upper left pixel. */
export interface Georeference {
  readonly epsg: number;
  readonly originX: number;
  readonly originY: number;
  readonly stepX: number;
  readonly stepY: number;
}
