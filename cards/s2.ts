/**
 * `s2`: Sentinel-2 Level-2A, surface reflectance as SAFE folders of JPEG 2000 files, or as GeoTIFFs, one a band.
 *
 * Where a catalogue tells the addresses of the bands, these are taken: `s3://` (where there is nothing, the layouts are
 * tried too: other stores keep copies of the same archive) and `https://`.
 *
 * Key layouts, tried in this order (`<ref>` with or without `.SAFE`):
 * - `Sentinel-2/MSI/L2A_N<baseline>/<day>/<ref>/GRANULE/…`, then `L2A`, `L2A_N0500`, `L2A_N0400`: Copernicus Data Space
 *   keeps reprocessed products apart by baseline. The day is that of the datatake's start, the third part of the name.
 * - `<S2A>/L1C/<ref as MSIL1C>/<ref as MSIL2A>.SAFE/GRANULE/…`: SOBLOO, as CbM's scripts read it.
 *
 * A granule folder's name holds an absolute orbit and a time that can't be derived from the reference, so it is listed. The
 * first copy of the product that has all bands is read.
 */
import type { ObjectInfo, ObjectStore } from '../store/object-store.js';
import { locateByCatalogue } from './by-catalogue.js';
import { SceneIncomplete, type BandNames, type BandSource, type CardType, type SceneKey } from './card.js';
import { GRANULES, granuleImages } from './granule.js';
import { dayFolder, isPlainReference, listProduct, unknownBand } from './product-path.js';
import { readRadiometry } from './radiometry.js';

/** Bands at their native resolution; L2A has no B10. Reflectances, then the class map and the atmosphere's products. */
const RESOLUTION_M: Readonly<Record<string, 10 | 20 | 60>> = {
  ...{
    B01: 60,
    B02: 10,
    B03: 10,
    B04: 10,
    B05: 20,
    B06: 20,
    B07: 20,
    B08: 10,
    B8A: 20,
    B09: 60,
    B11: 20,
    B12: 20,
  },
  ...{ SC: 20, AOT: 10, WVP: 10 },
};

/** `S2B_MSIL2A_20240623T104619_N0510_R051_T31UFS_20240623T122156`: sensor, level, datatake start, baseline, orbit, tile. */
const NAME = /^(S2[A-D])_MSIL[12][AC]_(\d{8}T\d{6})_N(\d{4})_R\d{3}_(T\d{2}[A-Z]{3})_/;

export const s2: CardType = {
  code: 's2',
  defaultBands: ['B04', 'B08', 'SC'],
  classBand: 'SC',

  parseBand(name: string): string {
    const upper = name.trim().toUpperCase();
    const band = upper === 'SCL' ? 'SC' : upper.replace(/^B(\d)$/, 'B0$1');
    if (!(band in RESOLUTION_M)) throw unknownBand('s2', name, Object.keys(RESOLUTION_M));
    return band;
  },

  bandName(band: string, names: BandNames): string {
    return names === 'seed' ? band.replace(/^B0/, 'B') : band;
  },

  async locate(scene: SceneKey, bands: readonly string[], names: BandNames, store: ObjectStore) {
    return await locateByCatalogue(scene, store, {
      parts: bands,
      statusOf: (band) => `${s2.bandName(band, names)} notfound`,
      sources: (found) => found.map(({ band, object, asset }) => ({ ...sourceOf(band, object), asset })),
      byLayout: () => locateByLayout(scene, bands, names, store),
    });
  },

  harmonise: { locate: findMetadata, read: readRadiometry },
};

function sourceOf(band: string, object: ObjectInfo): BandSource {
  return { band, objects: [object], rasterBand: 1, classes: band === s2.classBand };
}

/** In the first copy of the product that has all bands: where none has, the first that there is says what is missing. */
async function locateByLayout(
  scene: SceneKey,
  bands: readonly string[],
  names: BandNames,
  store: ObjectStore,
): Promise<BandSource[]> {
  let missing: unknown;
  for await (const images of copiesOf(scene, store)) {
    try {
      return bandsAmong(images, scene.reference, bands, names);
    } catch (error) {
      if (!(error instanceof SceneIncomplete)) throw error;
      missing ??= error;
    }
  }
  throw missing;
}

function bandsAmong(
  images: readonly ObjectInfo[],
  reference: string,
  bands: readonly string[],
  names: BandNames,
): BandSource[] {
  const tile = nameOf(reference).tile;
  const wanted = bands.map((band) => ({ band, folder: `/R${RESOLUTION_M[band]}m/`, end: fileEnd(band) }));
  const found = granuleImages(reference, tile, images, wanted);
  return bands.map((band): BandSource => {
    const image = found.get(band);
    if (image !== undefined) return sourceOf(band, image);
    throw new SceneIncomplete(
      `${s2.bandName(band, names)} notfound`,
      `${reference} has no ${fileEnd(band)} of ${tile} among its ${images.length} images`,
    );
  });
}

/** The product's metadata at its top; some products of 2018 write a small `a`, copies elsewhere name it plainly. */
const METADATA = ['MTD_MSIL2A.xml', 'MTD_MSIL2a.xml', 'product_metadata.xml'];

/** Lies beside the GRANULE folder. Elsewhere, and where the offset is out of the pixels already, it says nothing of them. */
async function findMetadata(
  _scene: SceneKey,
  sources: readonly BandSource[],
  store: ObjectStore,
): Promise<ObjectInfo | undefined> {
  const keys = sources
    .filter(({ asset }) => asset?.offsetApplied !== true)
    .map(({ objects }) => objects[0]?.key ?? '');
  const key = keys.find((one) => one.includes(GRANULES));
  if (key === undefined) return undefined;
  for (const name of METADATA) {
    const found = await store.head(`${key.slice(0, key.indexOf(GRANULES))}/${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What the path of a band's image ends with: `R10m/T31UFS_20240623T104619_B04_10m.jp2`, from `_B04_` on. */
function fileEnd(band: string): string {
  return `_${band === 'SC' ? 'SCL' : band}_${RESOLUTION_M[band]}m.jp2`;
}

/**
 * The images of each copy of the product that lies in the store: in each layout, and with and without `.SAFE`, the spelling
 * of the reference first.
 * @throws SceneIncomplete where there is none.
 */
async function* copiesOf({ reference }: SceneKey, store: ObjectStore): AsyncGenerator<ObjectInfo[], void> {
  const { sensor, datatake, baseline } = nameOf(reference);
  const product = reference.replace(/\.SAFE$/, '');
  const looked: string[] = [];
  let hasAny = false;
  for (const { prefix, granules } of layouts(product, sensor, datatake, baseline)) {
    looked.push(prefix);
    const copies = new Map<string, ObjectInfo[]>();
    for (const object of await listProduct(store, prefix)) {
      if (!granules.test(object.key)) continue;
      const folder = object.key.slice(0, object.key.indexOf(GRANULES));
      const images = copies.get(folder) ?? [];
      if (object.key.includes('/IMG_DATA/')) images.push(object);
      copies.set(folder, images);
    }
    hasAny ||= copies.size > 0;
    const asWritten = ([folder]: [string, ObjectInfo[]]): number => Number(!folder.endsWith(`/${reference}`));
    yield* [...copies].sort((a, b) => asWritten(a) - asWritten(b)).map(([, images]) => images);
  }
  if (hasAny) return;
  throw new SceneIncomplete(
    'S2_nopath',
    `${reference} has no GRANULE folder below any of ${looked.join(', ')}`,
  );
}

interface NameParts {
  readonly sensor: string;
  readonly datatake: string;
  readonly baseline: string;
  readonly tile: string;
}

function nameOf(reference: string): NameParts {
  const [, sensor, datatake, baseline, tile] = NAME.exec(reference) ?? [];
  if (!isPlainReference(reference) || !sensor || !datatake || !baseline || !tile) {
    throw new SceneIncomplete('S2_nopath', `'${reference}' is not the name of a Sentinel-2 product`);
  }
  return { sensor, datatake, baseline, tile };
}

/** Prefixes without `.SAFE`, so that one listing covers both spellings, and what a key below a granule looks like there. */
function layouts(
  product: string,
  sensor: string,
  datatake: string,
  baseline: string,
): { prefix: string; granules: RegExp }[] {
  const roots = new Set([`L2A_N${baseline}`, 'L2A', 'L2A_N0500', 'L2A_N0400']);
  const escaped = product.replaceAll('.', '\\.');
  const dias = [...roots].map((root) => ({
    prefix: `Sentinel-2/MSI/${root}/${dayFolder(datatake)}/${product}`,
    granules: new RegExp(`/${escaped}(\\.SAFE)?/GRANULE/`),
  }));
  const level2 = escaped.replace('MSIL1C', 'MSIL2A');
  const sobloo = {
    prefix: `${sensor}/L1C/${product.replace('MSIL2A', 'MSIL1C')}`,
    granules: new RegExp(`/${level2}\\.SAFE/GRANULE/`),
  };
  return [...dias, sobloo];
}
