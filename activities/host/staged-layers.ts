/** What a manifest says of a scene's layers: bands, indices, clear rows, and how their numbers become physical ones. */
import { isDeepStrictEqual } from 'node:util';
import { bandsToRead, indicesOf, needsRadiometry } from '../../campaigns/bands-to-read.js';
import type { Order } from '../../campaigns/order.js';
import { defaultClear } from '../../campaigns/rule.js';
import type { BandSource, CardType, Radiometry, RadiometryRules } from '../../cards/card.js';
import type { Harmonised, StagedBand, StagedIndex } from '../../extraction/scratch/staged-layers.js';
import type { Manifest } from '../../extraction/scratch/staged-scene.js';
import type { ObjectInfo } from '../../store/object-store.js';

/** The layers, as far as they say which pixels are read. */
export type StagedLayers = Pick<Manifest, 'bands' | 'indices' | 'clear' | 'skipCloudy'>;

/** @param fileOf the name that an object has on the disk */
export function stagedLayers(
  order: Order,
  sources: readonly BandSource[],
  fileOf: (object: ObjectInfo) => string,
): StagedLayers {
  return {
    bands: sources.map((source) => stagedBand(order, source, fileOf)),
    indices: stagedIndices(order),
    clear: clearOf(order),
    skipCloudy: skipRuleOf(order),
  };
}

/** The layers with what the product's metadata say of their numbers, and what is stored of that. */
export function calibrated(
  order: Order,
  card: CardType,
  { bands, indices, clear, skipCloudy }: StagedLayers,
  radiometry: Radiometry | undefined,
): StagedLayers & { readonly facts: Manifest['facts'] } {
  const rules = needsRadiometry(order) ? card.radiometry : undefined;
  const isHarmonised = order.radiometry === 'harmonised';
  const inputs = new Set(indices?.flatMap(({ program }) => program.bands));
  return {
    bands: bands.map((staged) => ({
      ...staged,
      ...(inputs.has(staged.band) && calibrationOf(card, staged.band, radiometry)),
      harmonised:
        isHarmonised && rules && radiometry ? harmonisedBand(staged.band, rules, radiometry) : undefined,
    })),
    ...{ indices, clear, skipCloudy },
    facts: isHarmonised ? { ...radiometry } : indices ? ofIndices(radiometry) : {},
  };
}

/** Whether what is staged are the bands that the order needs, each for what it needs it for. */
export function isOf(order: Order, { bands: staged, indices, clear, skipCloudy, facts }: Manifest): boolean {
  const wanted = bandsToRead(order);
  return (
    facts.radiometry === order.radiometry &&
    staged.length === wanted.length &&
    wanted.every(({ band, name, isOnlyRead }) =>
      staged.some(
        (one) => one.band === band && one.name === name && (one.isOnlyRead ?? false) === isOnlyRead,
      ),
    ) &&
    isDeepStrictEqual(clear, clearOf(order)) &&
    isDeepStrictEqual(skipCloudy, skipRuleOf(order)) &&
    isDeepStrictEqual(indices, stagedIndices(order))
  );
}

/** Undefined where there are none. */
function stagedIndices(order: Order): StagedIndex[] | undefined {
  const indices = indicesOf(order).map(({ name, index: { program }, isOnlyClear }) => ({
    ...{ name, program },
    ...(isOnlyClear && { isOnlyClear: true as const }),
  }));
  return indices.length > 0 ? indices : undefined;
}

/** How numbers of a band become physical ones: by the product's own offset, whatever bands are stored as. */
function calibrationOf(
  { indices, radiometry: rules }: CardType,
  band: string,
  radiometry: Radiometry | undefined,
): Pick<StagedBand, 'calibration' | 'saturated'> {
  const offset = radiometry?.offsets[band] ?? 0;
  const scale = radiometry?.scales[band] ?? 1;
  return { calibration: { offset, scale, unit: indices?.unit ?? 1 }, saturated: rules?.saturated };
}

/** Facts of a scene whose bands are stored as they are: what its indices are reckoned by. */
function ofIndices(radiometry: Radiometry | undefined): Manifest['facts'] {
  if (radiometry === undefined) return {};
  const { baseline, source, offsets, scales } = radiometry;
  return { inIndices: { baseline, source, offsets, scales } };
}

function clearOf({ card, clearBands = [], clear = defaultClear(card) }: Order): Manifest['clear'] {
  return clearBands.length > 0 ? { bands: clearBands, rule: clear } : undefined;
}

function skipRuleOf({ card, skipCloudy, clear = defaultClear(card) }: Order): Manifest['skipCloudy'] {
  return skipCloudy === true ? clear : undefined;
}

function stagedBand(order: Order, source: BandSource, fileOf: (object: ObjectInfo) => string): StagedBand {
  const { band, rasterBand, classes, asset } = source;
  const [main] = source.objects;
  const named = bandsToRead(order).find((one) => one.band === band);
  if (main === undefined || named === undefined)
    throw new Error(`band ${band} has no object or was not asked for`);
  return {
    band,
    name: named.name,
    ...(named.isOnlyRead && { isOnlyRead: true as const }),
    file: fileOf(main),
    rasterBand,
    classes,
    noData: asset?.noData,
  };
}

/** Undefined for bands that are no reflectance. */
function harmonisedBand(
  band: string,
  { saturated }: RadiometryRules,
  { offsets, scales }: Radiometry,
): Harmonised | undefined {
  const offset = offsets[band];
  return offset === undefined ? undefined : { offset, scale: scales[band] ?? 1, saturated };
}
