/**
 * Which pixels are a parcel's:
 * - `centre`: those whose centre lies inside, as rasterstats and CbM have it;
 * - `touched`: those that it touches, as GDAL's ALL_TOUCHED has it;
 * - `inside`: those that it covers wholly;
 * - `fraction`: those that it covers at all, each with the share that is covered, as exactextract has it.
 */
export const PIXEL_RULES = ['centre', 'touched', 'inside', 'fraction'] as const;

export type PixelRule = (typeof PIXEL_RULES)[number];
