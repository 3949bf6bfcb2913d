/**
 * Sentinel-2 radiometry: `reflectance = (DN + BOA_ADD_OFFSET[band]) / BOA_QUANTIFICATION_VALUE`, both told by the
 * product's own metadata (ESA, Sentinel-2 Products Specification Document, Level-2A General_Info). Products of baseline
 * 04.00 and later carry an offset of -1000, whenever they were sensed, since old scenes are reprocessed; earlier ones
 * have no offset list.
 */

/** What makes a product's numbers those of another: `harmonised = (DN + offset) * scale`. */
export interface Radiometry {
  /** Processing baseline, `05.09`. */
  readonly baseline: string;
  /** Where the offsets come from: the product's metadata, or the baseline in its name. */
  readonly source: 'metadata' | 'name';
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
 * Reads the radiometry of a Level-2A product.
 * @param metadata the text of its MTD_MSIL2A.xml, or undefined where there is none.
 */
export function readRadiometry(reference: string, metadata: string | undefined): Radiometry {
  const named = /_N(\d{4})_/.exec(reference)?.[1];
  if (!metadata?.includes('BOA_QUANTIFICATION_VALUE')) return byName(named);
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
