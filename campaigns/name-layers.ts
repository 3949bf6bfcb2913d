/** What bands and indices are called in the results table. */
import { BAND_NAME_PRESETS, type BandNames, type CardType } from '../cards/card.js';
import { cardType } from '../cards/card-types.js';
import type { CheckedSelection } from '../database/selection/check.js';
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
 * The order's bands, indices by the names that they have in the columns of both tables.
 * @throws DatabaseSetupError for an index that has no name short enough.
 */
export function namedFor(
  order: Order,
  { results, clear }: Pick<CheckedSelection, 'results' | 'clear'>,
): string[] {
  const card = cardType(order.card);
  const widths = [results, clear].flatMap((table) => table?.bandWidth ?? []);
  const width = widths.length > 0 ? Math.min(...widths) : undefined;
  return refused(() =>
    order.bands.map((name) => {
      const layer = parseLayer(name, card, order.indices);
      return 'index' in layer ? storedName(layer.index, width) : name;
    }),
  );
}

/** What the order's bands are called by other presets than its own, but for names that are bands of it. */
export function otherNamesOf({ card: code, bands, indices }: Order): string[] {
  const card = cardType(code);
  const others = bands.flatMap((name) => {
    const layer = parseLayer(name, card, indices);
    return 'band' in layer ? BAND_NAME_PRESETS.map((preset) => card.bandName(layer.band, preset)) : [];
  });
  return others.filter((name) => !bands.includes(name));
}

function refused<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof IndexRefused)) throw error;
    throw new DatabaseSetupError(error.message, 'Correct the bands, or args.indices', { cause: error });
  }
}
