/**
 * Whether BOA_ADD_OFFSET is taken into pixels already. Earth Search says so of an item (`earthsearch:boa_offset_applied`)
 * and means the GeoTIFFs that it made: the JPEG 2000 files beside them are ESA's, and hold ESA's numbers.
 */

type Fields = Readonly<Record<string, unknown>>;

/** What an item's properties, or an asset's fields, say; undefined for nothing. */
export function offsetAppliedOf(fields: Fields): boolean | undefined {
  for (const [name, value] of Object.entries(fields)) {
    if (/^(\w+:)?boa_offset_applied$/.test(name) && typeof value === 'boolean') return value;
  }
  return undefined;
}

/** The fact of one asset: its own word, else its item's; nothing where the item's is not true. */
export function offsetFact(
  itemSays: boolean | undefined,
  key: string,
  asset: Fields,
): { readonly offsetApplied?: boolean } {
  const own = offsetAppliedOf(asset);
  if (own !== undefined) return { offsetApplied: own };
  return itemSays === true ? { offsetApplied: !isJpeg2000(key, asset) } : {};
}

function isJpeg2000(key: string, { href, type }: Fields): boolean {
  if (typeof type === 'string' && /^image\/\w/i.test(type))
    return /^image\/(jp2|jpx|j2k|jpeg2000)\b/i.test(type);
  return key.endsWith('-jp2') || (typeof href === 'string' && holdsEsaNumbers(href));
}

/** True of the address of a JPEG 2000 file: nobody but ESA writes these. */
export function holdsEsaNumbers(address: string): boolean {
  return /\.(jp2|j2k)(?=$|[?#])/i.test(address);
}
