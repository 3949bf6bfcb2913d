/** Where a Level-2A product lies, by the outline in its metadata: the tile as far as it has data. */
import { Damage, MAX_XML_BYTES, RasterError, readXml, type XmlElement } from '../../rasters/index.js';
import { ObjectMissing, type ObjectStore } from '../../store/object-store.js';
import type { Outline, ProductFolder } from '../listing.js';
import { textOf } from './product-metadata.js';

/** What is longer than this is refused by its length. */
const METADATA_BYTES = MAX_XML_BYTES + 1;

/** @throws ObjectMissing when the product has no such metadata; RasterError when they can't be read. */
export async function opticalOutline(
  product: ProductFolder,
  store: ObjectStore,
  signal?: AbortSignal,
): Promise<Outline> {
  return outlineOf(await readMetadata(product, store, signal), product);
}

/** Some products of 2018 spell the file's name with a small a. */
async function readMetadata(
  { prefix }: ProductFolder,
  store: ObjectStore,
  signal: AbortSignal | undefined,
): Promise<string> {
  const range = { from: 0, bytes: METADATA_BYTES };
  try {
    return (await store.read(`${prefix}MTD_MSIL2A.xml`, range, signal)).toString();
  } catch (error) {
    if (!(error instanceof ObjectMissing)) throw error;
    return (await store.read(`${prefix}MTD_MSIL2a.xml`, range, signal)).toString();
  }
}

function outlineOf(xml: string, { prefix }: ProductFolder): Outline {
  const key = `${prefix}MTD_MSIL2A.xml`;
  const root = documentOf(xml, key);
  const ring = positions(textOf(root, 'EXT_POS_LIST') ?? '');
  if (ring.length < 4) throw new ObjectMissing(`${key} with an EXT_POS_LIST`);
  const clouds = textOf(root, 'Cloud_Coverage_Assessment');
  return {
    ring,
    epsg: 4326,
    cloudCover: clouds === undefined || Number.isNaN(Number(clouds)) ? null : Number(clouds),
    generated: textOf(root, 'GENERATION_TIME')?.replace(/Z$/, '') ?? null,
  };
}

function documentOf(xml: string, key: string): XmlElement {
  try {
    return readXml(xml);
  } catch (error) {
    if (error instanceof Damage) throw new RasterError(key, error.message);
    throw error;
  }
}

/**
 * Latitude and longitude of each point, in some products with a height of 0 after each but the last. The ring is closed
 * where it was left open.
 */
function positions(list: string): [longitude: number, latitude: number][] {
  const values = list.split(/\s+/).filter((value) => value !== '');
  const heights = values.filter((_, i) => i % 3 === 2);
  const step = heights.length > 0 && heights.every((value) => value === '0') ? 3 : 2;
  const ring: [number, number][] = [];
  for (let i = 0; i + 1 < values.length; i += step) ring.push([Number(values[i + 1]), Number(values[i])]);
  const [first] = ring;
  const last = ring[ring.length - 1];
  if (first && last && (first[0] !== last[0] || first[1] !== last[1])) ring.push([...first]);
  return ring;
}
