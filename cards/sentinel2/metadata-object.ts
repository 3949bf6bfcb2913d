/** Which object of a product tells its radiometry. */
import type { ObjectInfo, ObjectStore } from '../../store/object-store.js';
import type { BandSource, SceneKey } from '../card.js';
import { GRANULES } from './granule.js';

/** The product's metadata at its top; some products of 2018 write a small `a`, copies elsewhere name it plainly. */
const METADATA = ['MTD_MSIL2A.xml', 'MTD_MSIL2a.xml', 'product_metadata.xml'];

/** Lies beside the GRANULE folder. Elsewhere, and where the offset is out of the pixels already, it says nothing of them. */
export async function findMetadata(
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
