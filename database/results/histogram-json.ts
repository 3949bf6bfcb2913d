/** A parcel's histogram of classes as JSON text, digit by digit: there is one for each parcel and scene. */

const CLASSES = 256;
/** `"255":4294967295,` is as long as a class gets. */
const text = new Uint8Array(2 + 17 * CLASSES);

const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/**
 * `{"4":55,"9":3}` of the pixels of each class, by its number; class 0, which is no-data, and those without a pixel left out.
 * @param pixels of at most 256 classes, each below 2^32.
 * @returns ASCII, valid until the next call.
 */
export function histogramJson(pixels: ArrayLike<number>): Uint8Array {
  let end = 0;
  text[end++] = OPEN;
  const classes = Math.min(pixels.length, CLASSES);
  for (let value = 1; value < classes; value++) {
    const count = pixels[value]!;
    if (!(count > 0)) continue;
    if (end > 1) text[end++] = COMMA;
    text[end++] = QUOTE;
    end = writeDigits(value, end);
    text[end++] = QUOTE;
    text[end++] = COLON;
    end = writeDigits(count, end);
  }
  text[end++] = CLOSE;
  return text.subarray(0, end);
}

/** Writes a whole number above 0 and returns where it ends. */
function writeDigits(number: number, at: number): number {
  let end = at;
  for (let power = 1; power <= number; power *= 10) end += 1;
  for (let place = end - 1, left = number; place >= at; place--) {
    const tens = Math.floor(left / 10);
    text[place] = ZERO + left - 10 * tens;
    left = tens;
  }
  return end;
}
