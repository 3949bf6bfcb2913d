/** Names of Level-2A products, as STAC sources write them. */
import { isoTime, type ProductName } from '../product-name.js';

/** Satellite, datatake's start, baseline, orbit, tile; what follows tells products of one datatake and tile apart. */
const LEVEL_2A = /^(S2([A-D])_MSIL2A_(\d{8}T\d{6})_N(\d{2})(\d{2})_R\d{3}_T(\d{2}[A-Z]{3})_\w+?)(?:\.SAFE)?$/;

/** The tile in a name, for statements of the database. */
export const TILE_IN_NAME = '_T([0-9]{2}[A-Z]{3})_';

export function parseLevel2aName(name: string, card: string): ProductName | undefined {
  const [, product, satellite, start, major, minor, tile] = LEVEL_2A.exec(name) ?? [];
  if (!product || !satellite || !start || !major || !minor || !tile) return undefined;
  return {
    card,
    reference: `${product}.SAFE`,
    sensor: `2${satellite}`,
    obstime: isoTime(start),
    datatake: `S2${satellite}_${start}`,
    tile,
    baseline: `${major}.${minor}`,
  };
}

/** `31UFT` of `t31uft`. */
export function parseTile(text: string): string | undefined {
  return /^T?(\d{2}[A-Z]{3})$/.exec(text.trim().toUpperCase())?.[1];
}
