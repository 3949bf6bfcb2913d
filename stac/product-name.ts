/** What a product's name says: its CARD type, satellite, time, and for Sentinel-2 datatake, tile and baseline. */

export interface ProductName {
  /** As in `dias_catalogue.card`. */
  readonly card: 's2' | 'bs' | 'c6';
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

/** Satellite, datatake's start, baseline, orbit, tile; what follows tells products of one datatake and tile apart. */
const SENTINEL_2 =
  /^(S2([A-D])_MSIL2A_(\d{8}T\d{6})_N(\d{2})(\d{2})_R\d{3}_T(\d{2}[A-Z]{3})_\w+?)(?:\.SAFE)?$/;
/** `S1A_IW_GRDH_1SDV_20240304T172431_…_CARD_BS`, `S1A_20240304T172431_20240221T172431_ASC_CARD_COH6`. */
const SENTINEL_1 = /^S1([A-D])_(?:[A-Z]\w*?_)?(\d{8}T\d{6})_\w*CARD[_-](BS|COH6)$/;

/** `dias_catalogue.reference` is varchar(120). */
const LONGEST = 120;

/** Undefined for a name that is none of a CARD type's products (a Level-1C product, say). */
export function parseProductName(name: string): ProductName | undefined {
  const parsed = name.length > LONGEST ? undefined : partsOf(name);
  return parsed !== undefined && isTime(parsed.obstime) ? parsed : undefined;
}

/** Eight digits are no date yet: 20240230 is none. */
function isTime(iso: string): boolean {
  const milliseconds = Date.parse(`${iso}Z`);
  const isSame = !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(iso);
  return isSame && !iso.startsWith('0000');
}

function partsOf(name: string): ProductName | undefined {
  const optical = SENTINEL_2.exec(name);
  if (optical) {
    const [, product, satellite, start, major, minor, tile] = optical as unknown as string[];
    return {
      card: 's2',
      reference: `${product!}.SAFE`,
      sensor: `2${satellite!}`,
      obstime: isoOf(start!),
      datatake: `S2${satellite!}_${start!}`,
      tile: tile!,
      baseline: `${major!}.${minor!}`,
    };
  }
  const radar = SENTINEL_1.exec(name);
  if (!radar) return undefined;
  const [, satellite, start, kind] = radar as unknown as string[];
  return {
    card: kind === 'BS' ? 'bs' : 'c6',
    reference: name,
    sensor: `1${satellite!}`,
    obstime: isoOf(start!),
  };
}

/** `2024-03-04T17:24:31` of `20240304T172431`. */
function isoOf(compact: string): string {
  return compact.replace(/^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})$/, '$1-$2-$3T$4:$5:$6');
}
