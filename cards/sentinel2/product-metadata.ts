/**
 * `MTD_MSIL2A.xml`, the metadata of a Level-2A product (ESA, Sentinel-2 Products Specification Document, Level-2A
 * General_Info): what it says of the numbers and of the ground.
 */
import { Damage, findElement, findElements, readXml, type XmlElement } from '../../rasters/index.js';
import { parseBaseline } from './baseline.js';

/** ESA numbers the bands in the order of their wavelengths, band_id 0 to 12. */
export const BAND_IDS = [
  ...['B01', 'B02', 'B03', 'B04', 'B05', 'B06', 'B07', 'B08', 'B8A', 'B09', 'B10', 'B11', 'B12'],
] as const;

export interface ProductNumbers {
  /** `05.10`; undefined where it says none. */
  readonly baseline: string | undefined;
  /** Numbers a unit of reflectance. */
  readonly quantification: number;
  /** BOA_ADD_OFFSET by band, of the bands it lists. */
  readonly offsets: ReadonlyMap<string, number>;
}

/** Products of 2017 put `L2A_` before the name. */
const QUANTIFICATION = ['BOA_QUANTIFICATION_VALUE', 'L2A_BOA_QUANTIFICATION_VALUE'];

/**
 * @param xml the whole document
 * @throws Damage where it is not well-formed or too large, not a Level-2A product's, or says what can't be.
 */
export function readProductNumbers(xml: string): ProductNumbers {
  const root = readXml(xml);
  const written = textOf(root, ...QUANTIFICATION);
  if (written === undefined) throw new Damage('tells no BOA_QUANTIFICATION_VALUE');
  const quantification = Number(written);
  if (!(quantification > 0) || !Number.isFinite(quantification))
    throw new Damage(`tells a BOA_QUANTIFICATION_VALUE of '${written.slice(0, 20)}'`);
  return {
    baseline: parseBaseline(textOf(root, 'PROCESSING_BASELINE')),
    quantification,
    offsets: offsetsOf(root),
  };
}

function offsetsOf(root: XmlElement): Map<string, number> {
  const offsets = new Map<string, number>();
  for (const { attributes, text } of findElements(root, 'BOA_ADD_OFFSET')) {
    const id = attributes.get('band_id') ?? '';
    const band = /^\d+$/.test(id) ? BAND_IDS[Number(id)] : undefined;
    const offset = text === '' ? NaN : Number(text);
    if (band === undefined || !Number.isFinite(offset))
      throw new Damage(`tells a BOA_ADD_OFFSET of '${text.slice(0, 20)}' for band_id '${id.slice(0, 20)}'`);
    if ((offsets.get(band) ?? offset) !== offset) throw new Damage(`tells two offsets of ${band}`);
    offsets.set(band, offset);
  }
  return offsets;
}

/** The text of the first element that has one of the names. */
export function textOf(root: XmlElement, ...names: string[]): string | undefined {
  for (const name of names) {
    const text = findElement(root, name)?.text;
    if (text !== undefined && text !== '') return text;
  }
  return undefined;
}
