/** Which of the scenes over a place chips are made of: of one moment the one that shows most, and its newest product. */
import { cardType } from '../../cards/card-types.js';
import { parseProductName } from '../../cards/product-name.js';
import type { ChipScene } from './known-bands.js';

/** Start of sensing as products' names write it: `20240302T105619`. */
export function momentOf({ reference, card, obstime }: ChipScene): string {
  const named = parseProductName(reference, [cardType(card)])?.obstime ?? obstime;
  return named.replace(/[-:]/g, '').slice(0, 15);
}

/** In the order of their moments. */
export function pickScenes(scenes: readonly ChipScene[]): ChipScene[] {
  const best = new Map<string, ChipScene>();
  for (const scene of scenes) {
    const moment = momentOf(scene);
    const other = best.get(moment);
    if (other === undefined || isBetter(scene, other)) best.set(moment, scene);
  }
  return [...best].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, scene]) => scene);
}

/** Footprints are drawn no more exactly than that. */
const SAME_SHARE = 1e-3;

function isBetter(one: ChipScene, other: ChipScene): boolean {
  if (Math.abs(one.share - other.share) > SAME_SHARE) return one.share > other.share;
  return rank(one) > rank(other);
}

/** By baseline, then by when the product was made, the last part of its name. */
function rank({ reference, card }: ChipScene): string {
  const baseline = parseProductName(reference, [cardType(card)])?.baseline ?? '';
  const made = /_(\d{8}T\d{6})(?:\.SAFE)?$/.exec(reference)?.[1] ?? '';
  return [baseline, made, reference].join(' ');
}
