/** No-data values as headers and STAC items write them: a number as text, in the spellings of several languages' printing. */
import type { PixelType } from './raster.js';
import { Unsupported } from './unsupported.js';

/** Longer words are no number (the largest double has 309 digits), longer texts no list of one for each band. */
const MAX_WORD = 400;
const MAX_CHARACTERS = 1 << 16;
/** So much of a text that is no number is quoted. */
const QUOTED = 64;

/** A number in decimals, as C prints it; the point may be a comma, and a C literal ends in f. */
const DECIMAL = /^[+-]?(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?f?$/;
/** Not a number and the infinities, as C, Microsoft's C ("1.#INF", "-1.#IND00"), Python and JavaScript write them. */
const NOT_A_NUMBER = /^[+-]?(nan(\([^)]*\))?|1\.#(qnan|snan|nan|ind)0*)$/;
const INFINITE = /^[+-]?(inf|infinity|1\.#inf0*)$/;
/** What some writers put where they have none. */
const NONE = new Set(['', 'none', 'null']);

/** Whole numbers that a pixel type holds. */
const RANGES: Readonly<Partial<Record<PixelType, readonly [least: number, most: number]>>> = {
  uint8: [0, 2 ** 8 - 1],
  int8: [-(2 ** 7), 2 ** 7 - 1],
  uint16: [0, 2 ** 16 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  uint32: [0, 2 ** 32 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
};

/**
 * The value that pixels of the type have where there is no data, or undefined where the text names none, or one that no
 * pixel of the type can have (-99 of bytes, as programs write that know it of another file).
 * @param text a number, or the same one several times (once for each band).
 * @throws Unsupported where it is anything else: what is meant can't be known, and to go on would count it.
 */
export function noDataOf(text: string, type: PixelType): number | undefined {
  const value = parseNoData(text);
  if (value === undefined) return undefined;
  if (type === 'float64') return value;
  // Pixels have the value at their own precision, and what is beyond it as infinite.
  if (type === 'float32') return Math.fround(value);
  const [least, most] = RANGES[type]!;
  return Number.isInteger(value) && value >= least && value <= most ? value : undefined;
}

function parseNoData(text: string): number | undefined {
  const written = text.slice(0, MAX_CHARACTERS).replaceAll('\0', ' ').trim();
  const [first = '', ...rest] = written.toLowerCase().split(/\s+/);
  const value = valueOf(first);
  if (text.length > MAX_CHARACTERS || value === null || rest.some((word) => !Object.is(valueOf(word), value)))
    throw new Unsupported(`has the no-data value '${written.slice(0, QUOTED)}', which is no number`);
  return value;
}

/** Null for what is no number; undefined for what says that there is none. */
function valueOf(word: string): number | null | undefined {
  if (word.length > MAX_WORD) return null;
  if (NONE.has(word)) return undefined;
  if (NOT_A_NUMBER.test(word)) return NaN;
  if (INFINITE.test(word)) return word.startsWith('-') ? -Infinity : Infinity;
  return DECIMAL.test(word) ? Number(word.replace(',', '.').replace('f', '')) : null;
}
