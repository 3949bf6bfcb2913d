/** What status words and reasons mean, in plain words. */
import type { GapReason } from '../../database/terms.js';

const STATUS_WORDS: readonly (readonly [word: RegExp, meaning: string])[] = [
  [/^ingested$/, 'still to be extracted'],
  [/^inprogress$/, 'being extracted'],
  [/^extracted$/, 'extracted'],
  [/^no_parcels$/i, 'no parcel lies under it'],
  [/_nopath$/, 'the product is not in the store'],
  [/ notfound$/, 'an object of one of its bands is missing in the store'],
  [/^No S3 /, 'an object of the product is missing in the store'],
  [/^bad_raster$/, 'a raster of it can not be read, or does not lie where it should'],
  [/^superseded$/, 'a newer product of the same acquisition is extracted in its place'],
];

/** Other programs have words of their own. */
export function statusInWords(status: string): string {
  return STATUS_WORDS.find(([word]) => word.test(status))?.[1] ?? `it stands as ${status}`;
}

const REASONS: Readonly<Record<GapReason, string>> = {
  outside: "the parcel lies beyond the scene's raster",
  'no-pixel': 'no pixel is its own: it is too small or too narrow, or just beyond the edge of the raster',
  'no-data': 'its pixels have no data: beyond the swath, or masked',
  cloudy: 'none of its pixels is clear of clouds',
  'too-few-pixels': 'fewer of its pixels are clear of clouds than a row needs',
  changed: 'the parcel was redrawn since the scene was extracted',
};

export function reasonInWords(reason: GapReason): string {
  return (REASONS as Readonly<Record<string, string>>)[reason] ?? reason;
}
