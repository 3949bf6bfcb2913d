/**
 * Where a product lies by its name. Key layouts, tried in this order (`<ref>` with or without `.SAFE`):
 * - `Sentinel-2/MSI/L2A_N<baseline>/<day>/<ref>/GRANULE/…`, then `L2A`, `L2A_N0500`, `L2A_N0400`: Copernicus Data Space
 *   keeps reprocessed products apart by baseline. The day is that of the datatake's start, the third part of the name.
 * - `<S2A>/L1C/<ref as MSIL1C>/<ref as MSIL2A>.SAFE/GRANULE/…`: SOBLOO, as CbM's scripts read it.
 *
 * A granule folder's name holds an absolute orbit and a time that can't be derived from the reference, so it is listed. The
 * first copy of the product that has all bands is read.
 */
import type { ObjectInfo, ObjectStore } from '../../store/object-store.js';
import { type BandNames, type BandSource, SceneIncomplete, type SceneKey } from '../card.js';
import { dayFolder, isPlainReference, listProduct } from '../product-path.js';
import { CLASS_BAND, notFound, RESOLUTION_M, sourceOf } from './bands.js';
import { GRANULES, granuleImages } from './granule.js';

const ARCHIVE = 'Sentinel-2/MSI/';

/** The folders of the archive with Level-2A products by day: reprocessed ones lie by baseline beside `L2A`. */
export async function archiveRoots(store: ObjectStore, signal?: AbortSignal): Promise<string[]> {
  const roots: string[] = [];
  for await (const folder of store.folders(ARCHIVE, signal)) {
    if (/\/L2A(_N\d{4})?\/$/.test(folder)) roots.push(folder);
  }
  return roots;
}

/** `S2B_MSIL2A_20240623T104619_N0510_R051_T31UFS_20240623T122156`: sensor, level, datatake start, baseline, orbit, tile. */
const NAME = /^(S2[A-D])_MSIL[12][AC]_(\d{8}T\d{6})_N(\d{4})_R\d{3}_(T\d{2}[A-Z]{3})_/;

/** In the first copy of the product that has all bands: where none has, the first that there is says what is missing. */
export async function locateByLayout(
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
      notFound(band, names),
      `${reference} has no ${fileEnd(band)} of ${tile} among its ${images.length} images`,
    );
  });
}

/** What the path of a band's image ends with: `R10m/T31UFS_20240623T104619_B04_10m.jp2`, from `_B04_` on. */
function fileEnd(band: string): string {
  return `_${band === CLASS_BAND ? 'SCL' : band}_${RESOLUTION_M[band]}m.jp2`;
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
    prefix: `${ARCHIVE}${root}/${dayFolder(datatake)}/${product}`,
    granules: new RegExp(`/${escaped}(\\.SAFE)?/GRANULE/`),
  }));
  const level2 = escaped.replace('MSIL1C', 'MSIL2A');
  const sobloo = {
    prefix: `${sensor}/L1C/${product.replace('MSIL2A', 'MSIL1C')}`,
    granules: new RegExp(`/${level2}\\.SAFE/GRANULE/`),
  };
  return [...dias, sobloo];
}
