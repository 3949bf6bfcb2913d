/** What a product's name says of it: CARD type, satellite and time, and what else the type's names have. */

export interface ProductName {
  /** As in `dias_catalogue.card`. */
  readonly card: string;
  /** The name as the catalogue writes it: Sentinel-2 with `.SAFE`, CARD products without an ending. */
  readonly reference: string;
  /** `2A` … `2D`, `1A` … `1D`. */
  readonly sensor: string;
  /** Start of sensing (of the datatake, for Sentinel-2), UTC, ISO 8601 without zone, to the second. */
  readonly obstime: string;
  readonly datatake?: string;
  /** `31UFS`, without the leading T. */
  readonly tile?: string;
  /** `05.10`. */
  readonly baseline?: string;
}

/** Something that reads the names of its own products: a CARD type. */
export interface NameReader {
  parseName(name: string): ProductName | undefined;
}

/** `dias_catalogue.reference` is varchar(120). */
const LONGEST = 120;

/** By the first of the types whose product bears such a name; undefined for a name of none (a Level-1C product, say). */
export function parseProductName(name: string, cards: readonly NameReader[]): ProductName | undefined {
  if (name.length > LONGEST) return undefined;
  for (const card of cards) {
    const parsed = card.parseName(name);
    if (parsed !== undefined) return isTime(parsed.obstime) ? parsed : undefined;
  }
  return undefined;
}

/** Eight digits are no date yet: 20240230 is none. */
function isTime(iso: string): boolean {
  const milliseconds = Date.parse(`${iso}Z`);
  const isSame = !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(iso);
  return isSame && !iso.startsWith('0000');
}

/** `2024-03-04T17:24:31` of `20240304T172431`. */
export function isoTime(compact: string): string {
  return compact.replace(/^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})$/, '$1-$2-$3T$4:$5:$6');
}
