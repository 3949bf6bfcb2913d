/**
 * Which samples of a tile-component a coefficient takes part in; so which code-blocks are needed for some of the samples.
 *
 * The inverse wavelet (ISO/IEC 15444-1 Annex F) puts the low-pass coefficient n at position 2n of a line and the high-pass one
 * at 2n + 1, and makes each sample of coefficients near it. How near follows from the lifting steps of F.3.8: they are the
 * lengths of the synthesis filters, which low-pass coefficients pass with 3 taps (5/3) or 7 (9/7), high-pass ones with 5 or 9.
 * Lines extended symmetrically at their ends (F.3.7) only bring coefficients nearer.
 */
import { Orientation } from './geometry.js';
import type { Rectangle } from './siz.js';

interface Reach {
  readonly low: number;
  readonly high: number;
}

const REVERSIBLE: Reach = { low: 1, high: 2 };
const IRREVERSIBLE: Reach = { low: 3, high: 4 };

/**
 * The samples that the coefficient (0, 0) of a sub-band reaches. Coefficient (x, y) reaches those that lie (scale x, scale y)
 * further, beyond the edges of the tile-component too.
 */
export interface CoefficientReach extends Rectangle {
  readonly scale: number;
}

/**
 * @param orientation of the sub-band
 * @param level its decomposition level (B.5), 0 where there is no wavelet
 */
export function reachOf(orientation: number, level: number, reversible: boolean): CoefficientReach {
  const reach = reversible ? REVERSIBLE : IRREVERSIBLE;
  const [x0, x1] = alongLine((orientation & Orientation.HL) !== 0, level, reach);
  const [y0, y1] = alongLine((orientation & Orientation.LH) !== 0, level, reach);
  return { x0, y0, x1, y1, scale: 2 ** level };
}

/** What coefficient 0 makes at a finer level is low-pass there, whatever it was at `level`. */
function alongLine(isHigh: boolean, level: number, { low, high }: Reach): [from: number, to: number] {
  let [first, last] = [0, 0];
  for (let n = 0; n < level; n++) {
    const [shift, reach] = isHigh && n === 0 ? [1, high] : [0, low];
    first = 2 * first + shift - reach;
    last = 2 * last + shift + reach;
  }
  return [first, last + 1];
}
