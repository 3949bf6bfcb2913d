/** Where a product lies on the ground, read from the little of it that says so: metadata, or a raster's header. */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Damage,
  enviGrid,
  MAX_XML_BYTES,
  openRaster,
  parseEnviHeader,
  RasterError,
  type RasterGrid,
  readXml,
  type XmlElement,
} from '../rasters/index.js';
import { ObjectMissing, type ObjectStore } from '../store/object-store.js';
import type { ProductFolder } from './day-folders.js';
import { textOf } from './product-metadata.js';

export interface Outline {
  /** Closed; in the CRS that `epsg` names, easting or longitude first. */
  readonly ring: readonly (readonly [number, number])[];
  readonly epsg: number;
  /** Sentinel-2 only, as in the metadata. */
  readonly cloudCover: number | null;
  readonly generated: string | null;
}

/** What is longer than this is refused by its length. */
const METADATA_BYTES = MAX_XML_BYTES + 1;
const HEADER_BYTES = 64 << 10;
/** Directories of GeoTIFFs lie at the beginning or the end. */
const TAIL_BYTES = 1 << 20;

/** @throws ObjectMissing when the product has no such metadata; RasterError when they, or its header, can't be read. */
export async function productOutline(
  card: string,
  product: ProductFolder,
  store: ObjectStore,
  signal?: AbortSignal,
): Promise<Outline> {
  switch (card) {
    case 's2':
      return opticalOutline(await readMetadata(product, store, signal), product);
    case 'bs':
      return gridOutline(await readEnviGrid(product, store, signal));
    default:
      return gridOutline(await readTiffGrid(`${product.prefix}${product.name}.tif`, store, signal));
  }
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

function opticalOutline(xml: string, { prefix }: ProductFolder): Outline {
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

async function readEnviGrid(
  { prefix, name }: ProductFolder,
  store: ObjectStore,
  signal: AbortSignal | undefined,
): Promise<RasterGrid> {
  const range = { from: 0, bytes: HEADER_BYTES };
  const key = (band: string): string => `${prefix}${name}.data/Gamma0_${band}.hdr`;
  const header = await store.read(key('VV'), range, signal).catch((error: unknown) => {
    if (error instanceof ObjectMissing) return store.read(key('VH'), range, signal);
    throw error;
  });
  return enviGrid(key('VV'), parseEnviHeader(key('VV'), header.toString('latin1')));
}

/** Hundreds of megabytes, of which the grid takes some hundred bytes: a copy with holes is enough to read it. */
async function readTiffGrid(
  key: string,
  store: ObjectStore,
  signal: AbortSignal | undefined,
): Promise<RasterGrid> {
  const object = await store.head(key, signal);
  if (object === undefined) throw new ObjectMissing(key);
  const folder = await mkdtemp(join(tmpdir(), 'parcelwise-header-'));
  try {
    const path = join(folder, 'header.tif');
    const file = await open(path, 'w');
    try {
      await file.truncate(object.bytes);
      const tail = Math.max(HEADER_BYTES, object.bytes - TAIL_BYTES);
      for (const range of [
        { from: 0, bytes: HEADER_BYTES },
        { from: tail, bytes: TAIL_BYTES },
      ]) {
        if (range.from >= object.bytes) continue;
        const bytes = await store.read(key, range, signal);
        await file.write(bytes, 0, bytes.length, range.from);
      }
    } finally {
      await file.close();
    }
    return (await openRaster(path)).grid;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function gridOutline({ epsg, originX, originY, width, height, stepX, stepY }: RasterGrid): Outline {
  const [right, bottom] = [originX + width * stepX, originY + height * stepY];
  const ring = [
    [originX, originY],
    [right, originY],
    [right, bottom],
    [originX, bottom],
    [originX, originY],
  ] as const;
  return { ring, epsg, cloudCover: null, generated: null };
}
