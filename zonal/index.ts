/**
 * Zonal statistics: which pixels of a grid belong to which parcel, and the statistics of those pixels. Nothing here knows
 * of files, databases or threads.
 *
 * {@link zonalStatistics} measures a band of an open raster under polygons. Its parts, for many parcels and many rasters of
 * one grid: parcels go into a {@link ParcelSetBuilder}, sets into a {@link CoverageBuilder}; the {@link Coverage} that comes
 * out says which pixels each parcel has, as spans, and {@link createZonalStatistics} measures the pixels under spans.
 *
 * Terms. *Parcel set*: polygons by id. *Coverage*: which pixels of a grid belong to which parcel. *Pixel rule*: which those
 * are, by their centre or by what of them is covered. *Share*: how much of a pixel a parcel covers. *Span*: a run of pixels
 * of one row. *Exclusions*: values that do not count.
 *
 * @module parcelwise/zonal
 */
export { zonalStatistics } from './measure-parcels.js';
export type { MeasuredRaster, MeasureOptions, Parcel, ParcelStatistics } from './measure-parcels.js';
export type { MultiPolygon, Polygon, Position } from './geojson.js';
export type { Bounds } from './bounds.js';
export type { Grid, Window } from './grid.js';
export type { PixelArray, PixelType } from './pixels.js';
export { GeometryError } from './wkb.js';
export { ParcelSetBuilder } from './parcel-set.js';
export type { ParcelSet } from './parcel-set.js';
export { TransformPatches } from './transform-patches.js';
export type { PatchCoefficients } from './transform-patches.js';
export { CoverageBuilder } from './coverage-builder.js';
export { Coverage, CoverageDamaged } from './coverage.js';
export type { ParcelRange } from './coverage.js';
export { withoutPixelsOf } from './narrow-coverage.js';
export { READ_CELL } from './read-cell.js';
export { readCoverageFile, writeCoverageFile } from './coverage-file.js';
export { excludedValues } from './exclusions.js';
export { PIXEL_RULES } from './pixel-rule.js';
export type { PixelRule } from './pixel-rule.js';
export { ShareList, shareAt, wholeBefore } from './pixel-shares.js';
export type { PixelShares } from './pixel-shares.js';
export { createZonalStatistics, EXTENDED_STATISTICS, STATISTICS } from './statistics.js';
export type { Measuring, PixelsOf } from './statistics.js';
export { RealStatistics } from './real-statistics.js';
export { WeighedStatistics } from './weighed-statistics.js';
export { threadKernel } from './kernel.js';
export { leaveOut } from './word-pixels.js';
export { ROW_COUNT, ROW_LENGTH } from './kernel-rows.js';
export type { KernelRows } from './kernel-rows.js';
export type { ZonalStatistics } from './zonal-statistics.js';
export type { Strip } from './strip.js';
export { Histogram } from './histogram.js';
