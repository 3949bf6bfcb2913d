/**
 * Sentinel-2 radiometry: `reflectance = (DN + BOA_ADD_OFFSET[band]) / BOA_QUANTIFICATION_VALUE`, both told by the
 * product's own metadata (ESA, Sentinel-2 Products Specification Document, Level-2A General_Info). Products of baseline
 * 04.00 and later carry an offset of -1000, whenever they were sensed, since old scenes are reprocessed; earlier ones
 * have no offset list.
 */

import type { BandSource, SceneKey } from './card.js';

/** What makes a product's numbers those of another: `harmonised = (DN + offset) * scale`. */
export interface Radiometry {
  /** Processing baseline, `05.09`. */
  readonly baseline: string;
  /**
   * Where the offsets come from: the product's metadata, the catalogue's item, or the baseline in its name; or nowhere,
   * since they are taken into the pixels already.
   */
  readonly source: 'metadata' | 'item' | 'name' | 'pixels';
  /** Offset to add to the stored numbers, by band; bands that are no reflectance have none. */
  readonly offsets: Readonly<Record<string, number>>;
  /** Brings other quantification values to the usual 10000 a unit of reflectance. */
  readonly scale: number;
}

/** Digital number of a saturated pixel. */
export const SATURATED = 65535;

/** ESA numbers the bands in the order of their wavelengths, band_id 0 to 12. */
const BAND_IDS = ['B01', 'B02', 'B03', 'B04', 'B05', 'B06', 'B07', 'B08', 'B8A', 'B09', 'B10', 'B11', 'B12'];
const USUAL_QUANTIFICATION = 10_000;
const FIRST_WITH_OFFSET = '0400';
const OFFSET_SINCE_THEN = -1000;

/**
 * Reads the radiometry of a Level-2A product: by its metadata, else by the catalogue's item, else by its name. An item
 * that tells of an offset before baseline 04.00 is not believed: there was none.
 * @param metadata the text of its MTD_MSIL2A.xml, or undefined where there is none.
 */
export function readRadiometry(
  { reference, told }: Pick<SceneKey, 'reference' | 'told'>,
  sources: readonly BandSource[],
  metadata: string | undefined,
): Radiometry {
  const named = /_N(\d{4})_/.exec(reference)?.[1];
  if (told?.offsetApplied === true && sources.some((source) => source.told))
    return { ...byName(undefined), baseline: dotted(named), source: 'pixels' };
  if (metadata?.includes('BOA_QUANTIFICATION_VALUE')) return byMetadata(metadata, named);
  return byItem(sources, named) ?? byName(named);
}

function byMetadata(metadata: string, named: string | undefined): Radiometry {
  const offsets: Record<string, number> = {};
  for (const band of BAND_IDS) offsets[band] = 0;
  for (const [, id, value] of metadata.matchAll(/<BOA_ADD_OFFSET\s+band_id="(\d+)"\s*>\s*(-?\d+)\s*</g)) {
    const band = BAND_IDS[Number(id)];
    if (band !== undefined) offsets[band] = Number(value);
  }
  const quantification = Number(
    /<BOA_QUANTIFICATION_VALUE[^>]*>\s*([\d.]+)\s*</.exec(metadata)?.[1] ?? USUAL_QUANTIFICATION,
  );
  const baseline = /<PROCESSING_BASELINE>\s*([\d.]+)\s*</.exec(metadata)?.[1] ?? dotted(named);
  return { baseline, source: 'metadata', offsets, scale: USUAL_QUANTIFICATION / quantification };
}

/**
 * STAC's `reflectance = DN * scale + offset` in our terms: an offset of DN, and 10000 a unit. Undefined unless the item
 * tells both of every reflectance, with one scale.
 */
function byItem(sources: readonly BandSource[], named: string | undefined): Radiometry | undefined {
  if (named !== undefined && named < FIRST_WITH_OFFSET) return undefined;
  const offsets: Record<string, number> = {};
  const scales = new Set<number>();
  for (const { band, told } of sources.filter((source) => BAND_IDS.includes(source.band))) {
    if (told?.scale === undefined || told.offset === undefined || !(told.scale > 0)) return undefined;
    // Decimal fractions leave noise in the last digits.
    offsets[band] = Number((told.offset / told.scale).toPrecision(9));
    scales.add(Number((told.scale * USUAL_QUANTIFICATION).toPrecision(9)));
  }
  const [scale] = scales;
  if (scale === undefined || scales.size > 1) return undefined;
  return { baseline: dotted(named), source: 'item', offsets, scale };
}

function byName(baseline: string | undefined): Radiometry {
  const offset = baseline !== undefined && baseline >= FIRST_WITH_OFFSET ? OFFSET_SINCE_THEN : 0;
  return {
    baseline: dotted(baseline),
    source: 'name',
    offsets: Object.fromEntries(BAND_IDS.map((band) => [band, offset])),
    scale: 1,
  };
}

/** `0509` as it stands in metadata: `05.09`. */
function dotted(baseline: string | undefined): string {
  return baseline === undefined ? 'unknown' : `${baseline.slice(0, 2)}.${baseline.slice(2)}`;
}
