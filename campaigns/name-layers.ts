/** What bands and indices are called in the results table. */
import type { BandNames, CardType } from '../cards/card.js';
import { cardType } from '../cards/card-types.js';
import { DatabaseSetupError } from '../database/session/errors.js';
import { checkNames, IndexRefused, type OwnIndices, storedName } from '../layers/index.js';
import { parseLayer } from './bands-to-read.js';
import type { Order } from './order.js';

/**
 * Names of bands and indices as people write them, each once: bands by their names in the results table, indices by their own.
 * @throws DatabaseSetupError for what is neither, and for mistakes in people's own indices.
 */
export function layersOf(
  names: readonly string[],
  card: CardType,
  bandNames: BandNames,
  own: OwnIndices,
): string[] {
  return refused(() => {
    checkNames(own);
    const layers = names.map((name) => parseLayer(name, card, own));
    return [
      ...new Set(
        layers.map((layer) => ('band' in layer ? card.bandName(layer.band, bandNames) : layer.index.name)),
      ),
    ];
  });
}

/**
 * The order's bands, indices by the names that they have in columns of so many characters; undefined: of any number.
 * @throws DatabaseSetupError for an index that has no name short enough.
 */
export function namedFor(order: Order, width: number | undefined): string[] {
  const card = cardType(order.card);
  return refused(() =>
    order.bands.map((name) => {
      const layer = parseLayer(name, card, order.indices);
      return 'index' in layer ? storedName(layer.index, width) : name;
    }),
  );
}

function refused<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof IndexRefused)) throw error;
    throw new DatabaseSetupError(error.message, 'Correct the bands, or args.indices', { cause: error });
  }
}
