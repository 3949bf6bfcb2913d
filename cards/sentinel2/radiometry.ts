/**
 * Sentinel-2 radiometry: `reflectance = (DN + BOA_ADD_OFFSET[band]) / BOA_QUANTIFICATION_VALUE`. The product's metadata,
 * its STAC item and its name tell of it; where they contradict each other, the order of `readRadiometry` decides,
 * and the contradiction is reported.
 */

import { Damage } from '../../rasters/index.js';
import { baselineOfName, hasOffset, OFFSET_SINCE_0400, parseBaseline } from './baseline.js';
import { holdsEsaNumbers } from './offset-applied.js';
import type { BandSource, SceneKey, Radiometry } from '../card.js';
import { BAND_IDS, type ProductNumbers, readProductNumbers } from './product-metadata.js';

/** Digital number of a saturated pixel. */
export const SATURATED = 65535;

const USUAL_QUANTIFICATION = 10_000;

/** How a band's numbers are to be taken, and who says so. */
interface BandNumbers {
  readonly offset: number;
  readonly scale: number;
  readonly source: 'metadata' | 'item' | 'name' | 'pixels';
}

/**
 * For each band, the first of these that says something:
 * 1. the item, that this band's file has the offset taken into its pixels;
 * 2. the metadata: their list of offsets, else their baseline (that of the name where they tell none);
 * 3. the item's scale and offset of the file: the size of the offset. Whether there is one the name's baseline says
 *    before 04.00 (none), and since 04.00 for ESA's own JPEG 2000 files (there is);
 * 4. the baseline in the name.
 * @param metadata the text of its MTD_MSIL2A.xml, or undefined where there is none.
 */
export function readRadiometry(
  { reference, assets }: Pick<SceneKey, 'reference' | 'assets'>,
  sources: readonly BandSource[],
  metadata: string | undefined,
): Radiometry {
  const contradictions = new Contradictions();
  const named = baselineOfName(reference);
  const listed = parseBaseline(assets?.baseline);
  const numbers = numbersOf(metadata, contradictions);
  const baseline = numbers?.baseline ?? named ?? listed;
  compareBaselines({ metadata: numbers?.baseline, name: named, item: listed }, contradictions);

  const offsets: Record<string, number> = {};
  const scales: Record<string, number> = {};
  const said = new Set<string>();
  for (const band of BAND_IDS) {
    const source = sources.find((one) => one.band === band);
    const isWanted = source !== undefined || sources.length === 0;
    const tell: Tell = (sentence) => {
      if (isWanted) contradictions.add(sentence, band);
    };
    const found =
      takenIn(source) ??
      (numbers && byMetadata(band, numbers, baseline, source, tell)) ??
      byItem(source, named ?? listed, tell) ??
      byBaseline(named ?? listed, tell);
    offsets[band] = found.offset;
    scales[band] = found.scale;
    if (isWanted) said.add(found.source);
  }
  return {
    baseline: baseline ?? 'unknown',
    source: [...said].join(' and ') || 'name',
    ...{ offsets, scales },
    contradictions: contradictions.sentences(),
  };
}

/** Says of a band what is said differently. */
type Tell = (sentence: string) => void;

/** Sentences, each with the bands that it is true of. */
class Contradictions {
  readonly #bands = new Map<string, string[]>();

  add(sentence: string, band?: string): void {
    const bands = this.#bands.get(sentence) ?? [];
    this.#bands.set(sentence, band === undefined ? bands : [...bands, band]);
  }

  sentences(): string[] {
    return [...this.#bands].map(([sentence, bands]) =>
      bands.length === 0 ? sentence : `${sentence} (${bands.join(', ')})`,
    );
  }
}

/** Undefined where the metadata are not there, or can't be believed. */
function numbersOf(metadata: string | undefined, contradictions: Contradictions): ProductNumbers | undefined {
  if (metadata === undefined) return undefined;
  try {
    return readProductNumbers(metadata);
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
    contradictions.add(`the metadata can't be believed: the file ${error.message}`);
    return undefined;
  }
}

function compareBaselines(
  by: Readonly<Record<string, string | undefined>>,
  contradictions: Contradictions,
): void {
  const known = Object.entries(by).filter(([, baseline]) => baseline !== undefined);
  if (new Set(known.map(([, baseline]) => baseline)).size < 2) return;
  const list = known.map(([who, baseline]) => `${baseline!} by the ${who}`).join(', ');
  contradictions.add(`the processing baseline is ${list}; the ${known[0]![0]} is believed`);
}

function takenIn(source: BandSource | undefined): BandNumbers | undefined {
  if (source?.asset?.offsetApplied !== true) return undefined;
  return { offset: 0, scale: inTenThousandths(source.asset.scale) ?? 1, source: 'pixels' };
}

function byMetadata(
  band: string,
  { offsets, quantification }: ProductNumbers,
  baseline: string | undefined,
  source: BandSource | undefined,
  tell: Tell,
): BandNumbers {
  const scale = USUAL_QUANTIFICATION / quantification;
  const listed = offsets.get(band);
  const carries = hasOffset(baseline);
  // No Level-2A product has B10, and some lists leave it out.
  if (listed === undefined && carries === true && band !== 'B10')
    tell(
      `the metadata, of baseline ${baseline!}, list no offset; ${OFFSET_SINCE_0400} is taken, by the baseline`,
    );
  if (listed !== undefined && listed !== 0 && carries === false)
    tell(`the metadata list an offset of ${listed}, though baseline ${baseline!} has none; it is taken`);
  const offset = listed ?? (carries === true ? OFFSET_SINCE_0400 : 0);
  const itemSays = itemOffset(source);
  if (itemSays !== undefined && itemSays !== offset)
    tell(`the STAC item tells an offset of ${itemSays}; ${offset} is taken, by the metadata`);
  const itemScale = inTenThousandths(source?.asset?.scale);
  if (itemScale !== undefined && itemScale !== Number(scale.toPrecision(9)))
    tell(
      `the STAC item tells a scale of ${source!.asset!.scale!}; ${1 / quantification} is taken, by the metadata`,
    );
  return { offset, scale, source: 'metadata' };
}

/** Undefined unless the item tells both scale and offset. */
function byItem(
  source: BandSource | undefined,
  baseline: string | undefined,
  tell: Tell,
): BandNumbers | undefined {
  const offset = itemOffset(source);
  const scale = inTenThousandths(source?.asset?.scale);
  if (source?.asset === undefined || offset === undefined || scale === undefined) return undefined;
  const carries = hasOffset(baseline);
  if (carries === undefined || carries === (offset !== 0)) return { offset, scale, source: 'item' };
  if (!carries) {
    tell(`the STAC item tells an offset of ${offset}, though baseline ${baseline!} has none; 0 is taken`);
    return { offset: 0, scale, source: 'name' };
  }
  if (holdsEsaNumbers(source.asset.href)) {
    tell(
      `the STAC item tells no offset, though ESA's files of baseline ${baseline!} have one; ${OFFSET_SINCE_0400} is taken`,
    );
    return { offset: OFFSET_SINCE_0400, scale, source: 'name' };
  }
  tell(
    `the STAC item tells no offset, though baseline ${baseline!} has one; 0 is taken, as for pixels made anew`,
  );
  return { offset: 0, scale, source: 'item' };
}

function byBaseline(baseline: string | undefined, tell: Tell): BandNumbers {
  const carries = hasOffset(baseline);
  // Of what people make themselves, most of today has the offset; of products without a baseline nothing is known.
  const offset = (carries ?? baseline !== undefined) ? OFFSET_SINCE_0400 : 0;
  if (carries === undefined)
    tell(
      `nothing says whether numbers of baseline ${baseline ?? 'unknown'} have an offset; ${offset} is taken`,
    );
  return { offset, scale: 1, source: 'name' };
}

/** STAC's `reflectance = DN * scale + offset` as an offset of DN. Decimal fractions leave noise in the last digits. */
function itemOffset(source: BandSource | undefined): number | undefined {
  const { scale, offset } = source?.asset ?? {};
  if (scale === undefined || offset === undefined || !(scale > 0)) return undefined;
  return Number((offset / scale).toPrecision(9)) + 0;
}

function inTenThousandths(scale: number | undefined): number | undefined {
  return scale !== undefined && scale > 0 ? Number((scale * USUAL_QUANTIFICATION).toPrecision(9)) : undefined;
}
