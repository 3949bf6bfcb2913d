/**
 * A north-up raster grid: `width` x `height` pixels whose upper left corner lies at (`originX`, `originY`) of the
 * raster's CRS. `stepX` > 0 and `stepY` < 0 are the size of a pixel in CRS units (GDAL's geotransform without rotation).
 */
export interface Grid {
  readonly width: number;
  readonly height: number;
  readonly originX: number;
  readonly originY: number;
  readonly stepX: number;
  readonly stepY: number;
}

/** A rectangle of pixels: `width` x `height` from column `column` and row `row` of a grid. */
export interface Window {
  readonly column: number;
  readonly row: number;
  readonly width: number;
  readonly height: number;
}
