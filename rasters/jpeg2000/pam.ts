/** GDAL's auxiliary metadata beside a file (`.aux.xml`): `SRS` as WKT, `GeoTransform` with the outer corner as origin. */
import { Damage } from '../damage.js';
import { epsgOfWkt } from '../wkt.js';
import { readXml, type XmlElement } from '../xml.js';
import type { Georeference } from './stated-georeference.js';

/** A WKT with every parameter and extension has a few thousand characters. */
const MAX_WKT = 64 << 10;

/**
 * @returns undefined without a transform that is north-up or without the EPSG code of the whole CRS
 * @throws Damage where the document is no XML that is read
 */
export function parsePam(document: Uint8Array | string): Georeference | undefined {
  const dataset = readXml(document);
  const epsg = epsgCode(textOf(dataset, 'SRS'));
  const transform = textOf(dataset, 'GeoTransform') ?? '';
  const [originX, stepX, skewX, originY, skewY, stepY] = transform.split(',', 7).map(Number);
  if (epsg === undefined || originX === undefined || stepX === undefined) return undefined;
  if (originY === undefined || stepY === undefined || skewX !== 0 || skewY !== 0) return undefined;
  return { epsg, originX, originY, stepX, stepY };
}

/**
 * The no-data values of the bands, one word for each; a file has no place of its own for them.
 * @returns '' where no band has one, or the document is no XML that is read
 */
export function noDataOfPam(document: Uint8Array | string, bandCount: number): string {
  const words = new Array<string>(bandCount).fill('none');
  for (const { name, attributes, children } of bandsOf(document)) {
    const band = Number(attributes.get('band'));
    const value = children.find((child) => child.name === 'NoDataValue')?.text;
    if (name === 'PAMRasterBand' && band >= 1 && band <= bandCount && value) words[band - 1] = value;
  }
  return words.every((word) => word === 'none') ? '' : words.join(' ');
}

function bandsOf(document: Uint8Array | string): readonly XmlElement[] {
  try {
    return readXml(document).children;
  } catch (error) {
    if (error instanceof Damage) return [];
    throw error;
  }
}

/** Those of the dataset itself: elements deeper inside describe its bands, masks or control points. */
function textOf(dataset: XmlElement, name: string): string | undefined {
  return dataset.children.find((child) => child.name === name)?.text;
}

function epsgCode(srs: string | undefined): number | undefined {
  if (srs === undefined || srs.length > MAX_WKT) return undefined;
  const code = /^EPSG:(\d+)$/i.exec(srs)?.[1];
  return code === undefined ? epsgOfWkt(srs) : Number(code);
}
