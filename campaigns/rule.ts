/** What the rows of an order are measured by, and which of its bands have clear rows. */
import { cardType } from '../cards/card-types.js';
import { DEFAULT_CLEAR, DEFAULT_PIXELS } from '../database/selection/defaults.js';
import type { ClearRule, MeasuringRule } from '../database/terms.js';
import { currentBandNames } from './former-names.js';
import type { Order } from './order.js';

/** What the map of classes is called in the results table; undefined where the CARD type has no such map. */
export function classBandOf({
  card: code,
  bandNames,
}: Pick<Order, 'card' | 'bandNames'>): string | undefined {
  const card = cardType(code);
  return card.classMap && card.bandName(card.classMap.band, currentBandNames(bandNames));
}

/** All bands but the map of classes, where clear rows are kept and the CARD type has such a map. */
export function clearBandsOf(order: Order): string[] {
  const classBand = classBandOf(order);
  if (order.tables.clear === undefined || classBand === undefined) return [];
  return order.bands.filter((band) => band !== classBand);
}

/** In full, whatever the order leaves to the defaults. Of people's own indices only those that are among its bands measure anything. */
export function ruleOf(order: Order): MeasuringRule {
  const { bands, pixels = DEFAULT_PIXELS, innerBufferM = 0, clear = defaultClear(order.card) } = order;
  const own = Object.entries(order.indices ?? {});
  const indices = Object.fromEntries(own.filter(([name]) => bands.includes(name)));
  const rule = { pixels, innerBufferM, indices };
  const { clearBands = clearBandsOf(order) } = order;
  return clearBands.length > 0 ? { ...rule, clear } : rule;
}

/** Which pixels are clear where nothing else is asked for. */
export function defaultClear(card: Order['card']): ClearRule {
  return { classes: inOrder(cardType(card).classMap?.unclear ?? []), ...DEFAULT_CLEAR };
}

/** Classes ascending, each once: of two lists of the same classes nothing is measured otherwise. */
export function inOrder(classes: readonly number[]): number[] {
  return [...new Set(classes)].sort((a, b) => a - b);
}
