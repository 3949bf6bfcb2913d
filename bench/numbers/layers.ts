/** What is measured of a case's scenes: all bands they have, and all indices that these allow. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cardType } from '../../cards/card-types.js';
import { findIndex } from '../../layers/index.js';
import { openRaster } from '../../rasters/index.js';
import type { Case } from '../faithful/cases.js';

/** An index of people's own with every function; numbers_layers.py has it as numpy's. */
export const OWN = { OWN: 'min(B08, B11) / max(B04, abs(B03 - 0.1)) + sqrt(B02) - log10(B8A)' };

export interface Layers {
  /** Bands, and then indices, as `args.bands` takes them. */
  readonly names: readonly string[];
  /** Clear rows are kept of CARD types with a map of classes, where there is one. */
  readonly hasClasses: boolean;
  /** The side of the finest pixels, metres. */
  readonly metres: number;
}

export async function layersOf({ folder }: Case, code: string): Promise<Layers> {
  const card = cardType(code);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const bands = code === 's2' ? card.bands.filter((band) => hasBand(files, band)) : card.bands;
  const own = code === 's2' ? OWN : {};
  const known = [...(card.indices?.known ?? []).map(({ name }) => name), ...Object.keys(own)];
  const indices = known.filter((name) =>
    findIndex(name, card, own)!.program.bands.every((band) => bands.includes(band)),
  );
  const finest = await openRaster(join(folder, files.find((file) => FINEST[code]!.test(file)) ?? ''));
  const metres = finest.grid.stepX;
  await finest.close();
  return { names: [...bands, ...indices], hasClasses: bands.includes('SC'), metres };
}

/** A file of the finest pixels, by CARD type. */
const FINEST: Readonly<Record<string, RegExp>> = { s2: /_B04_10m\.jp2$/, bs: /_VV\.img$/, c6: /\.tif$/ };

/** Aerosols and water vapour are no reflectance and no classes: nobody measures them. */
const NEVER = ['AOT', 'WVP'];

function hasBand(files: readonly string[], band: string): boolean {
  const name = band === 'SC' ? 'SCL' : band;
  return !NEVER.includes(band) && files.some((file) => file.includes(`_${name}_`) && file.endsWith('m.jp2'));
}
