/** The coverages that a scene is measured by, and what they say of the pixels that are read of it. */
import type { Order } from '../../campaigns/order.js';
import { ruleOf } from '../../campaigns/rule.js';
import type { CheckedSelection } from '../../database/selection/check.js';
import { clearLayer } from '../../database/ledger/layer-names.js';
import type { Wanted } from '../../extraction/build-coverages.js';
import type { CloudyParcels } from '../../extraction/cloudy-parcels.js';
import type { Coverages } from '../../extraction/coverages.js';
import type { Image } from '../../extraction/image.js';
import type { AlsoDecoded } from '../../extraction/masking.js';
import type { Needs } from '../../extraction/needed-windows.js';
import { decodedForIndices, type SceneIndex, sceneIndices } from '../../extraction/scene-indices.js';
import type { Manifest } from '../../extraction/scratch/staged-scene.js';
import type { ScenePlan } from '../../extraction/scratch/scene-plan.js';
import { wantedCoverages, type WantedCoverages } from '../../extraction/wanted-coverages.js';
import { type Coverage, withoutPixelsOf } from '../../zonal/index.js';
import { decodedFor, decodedOn, type SceneMask, sceneMask, type SceneSky, sceneSky } from './scene-mask.js';
import type { StagedLayers } from './staged-layers.js';

/** The layers of a scene on the grids of its images. */
export interface SceneLayers {
  readonly images: readonly Image[];
  readonly indices: readonly SceneIndex[];
  /** What clear rows are measured under, where there are any. */
  readonly clear: SceneMask | undefined;
  /** What tells which parcels are cloudy, where those are left out. */
  readonly sky: SceneSky | undefined;
  /** The layers that each image is read for. */
  readonly readFor: readonly (readonly string[])[];
}

/** Coverages of a scene's bands. */
export interface SceneCoverages {
  /** One a band. */
  readonly raw: readonly Coverage[];
  /** Undefined for bands without a histogram, and where that counts the pixels of the row. */
  readonly histograms: readonly (Coverage | undefined)[];
  /** One a band: by which clear rows are measured. */
  readonly clear: readonly Coverage[];
}

/** By which a plan finds them again. */
export type CoverageKeys = Pick<ScenePlan, 'coverages' | 'histogramCoverages' | 'clearCoverages'>;

/** @throws NotAligned naming two bands whose pixels don't lie on each other. */
export function sceneLayers(manifest: StagedLayers, images: readonly Image[]): SceneLayers {
  const indices = sceneIndices(manifest, images);
  const clear = sceneMask(manifest, images, indices);
  return {
    ...{ images, indices, clear },
    sky: sceneSky(manifest, images, indices),
    readFor: images.map((_, i) => [
      ...layersOf(manifest, manifest.bands[i]!),
      ...indices
        .filter(({ inputs }) => inputs.some(({ image }) => image === i))
        .flatMap((index) => layersOf(manifest, { name: index.name, isOnlyRead: index.isOnlyClear })),
      ...(clear?.classMap === i ? (manifest.clear?.bands.map(clearLayer) ?? []) : []),
    ]),
  };
}

/** The layers of a band or an index that are measured. */
function layersOf(
  { clear }: StagedLayers,
  { name, isOnlyRead = false }: { readonly name: string; readonly isOnlyRead?: boolean | undefined },
): string[] {
  return [...(isOnlyRead ? [] : [name]), ...(clear?.bands.includes(name) === true ? [clearLayer(name)] : [])];
}

export function wantedOf(
  order: Order,
  { hists }: Pick<CheckedSelection, 'hists'>,
  { bands }: Pick<Manifest, 'bands'>,
  { images, clear }: SceneLayers,
): WantedCoverages {
  return wantedCoverages(
    ruleOf(order),
    images.map(({ grid }, i) => {
      const { classes, isOnlyRead = false } = bands[i]!;
      return {
        grid,
        histogram: classes && !isOnlyRead && hists !== undefined,
        clear: clear?.maskings[i] !== undefined,
      };
    }),
  );
}

/**
 * Finds the coverages, or builds them of the parcels of the fingerprint.
 * @throws ParcelsChanged where those are others by now
 */
export async function coverScene(
  coverages: Coverages,
  selection: CheckedSelection,
  fingerprint: string,
  wanted: WantedCoverages,
  signal: AbortSignal,
): Promise<{ readonly keys: CoverageKeys; readonly covered: SceneCoverages }> {
  const keyOf = (one: Wanted) => coverages.key(fingerprint, one);
  const all = [...wanted.raw, ...wanted.histograms, ...(wanted.clear ?? [])].filter(
    (one) => one !== undefined,
  );
  const distinct = new Map(all.map((one) => [keyOf(one), one]));
  const found = await coverages.get(selection, fingerprint, [...distinct.values()], signal);
  const byKey = new Map([...distinct.keys()].map((key, i) => [key, found[i]!]));
  const coverageOf = (one: Wanted) => byKey.get(keyOf(one))!;
  const raw = wanted.raw.map(coverageOf);
  return {
    keys: {
      coverages: wanted.raw.map(keyOf),
      histogramCoverages: Object.fromEntries(
        wanted.histograms.flatMap((one, band) => (one ? [[band, keyOf(one)]] : [])),
      ),
      clearCoverages: wanted.clear?.map(keyOf),
    },
    covered: {
      raw,
      histograms: wanted.histograms.map((one) => one && coverageOf(one)),
      clear: wanted.clear?.map(coverageOf) ?? raw,
    },
  };
}

/**
 * What is read of the scene's images, whichever chunks are extracted.
 * @param cloudy parcels that are left out, in all images but the class map
 */
export function needsOf(
  { images, indices, clear, sky, readFor }: SceneLayers,
  covered: SceneCoverages,
  cloudy?: CloudyParcels,
): Needs & { alsoDecoded: AlsoDecoded[] } {
  const { raw, histograms, clear: ofClear } = covered;
  const classMap = (clear ?? sky)?.classMap;
  const narrow = narrowing(cloudy);
  const read = (image: number, coverage: Coverage): Coverage =>
    image === classMap ? coverage : narrow(coverage);
  const alsoDecoded = [
    ...decodedForIndices(indices, raw),
    ...(ofClear === raw ? [] : decodedForIndices(indices, ofClear)),
    ...decodedFor(clear, ofClear),
    ...decodedFor(sky, raw),
    ...(ofClear === raw ? [] : decodedFor(sky, ofClear)),
    ...decodedOn(histograms),
    ...decodedOn(ofClear.map((one, i) => (one === raw[i] ? undefined : one))),
  ];
  return {
    ...{ images, classMap, readFor },
    coverages: raw.map((coverage, image) => read(image, coverage)),
    alsoDecoded: alsoDecoded.map((one) => ({ ...one, coverage: read(one.image, one.coverage) })),
  };
}

/** Makes, of each coverage once, the one without cloudy parcels; where it is not told of them no layer is measured by it. */
function narrowing(cloudy: CloudyParcels | undefined): (coverage: Coverage) => Coverage {
  const narrowed = new Map<Coverage, Coverage>();
  return (coverage) => {
    if (cloudy === undefined) return coverage;
    const left = cloudy.get(coverage) ?? new Uint8Array(coverage.count).fill(1);
    const known = narrowed.get(coverage) ?? withoutPixelsOf(coverage, left);
    narrowed.set(coverage, known);
    return known;
  };
}
