/** The table of the indices that the CARD types know. */
import type { CardType } from '../../cards/card.js';
import { table } from './section.js';

export function indicesTable(cards: readonly CardType[]): string {
  return table(
    ['card', 'name', 'in `char(3)`', 'expression', 'about'],
    cards.flatMap(({ code, indices }) =>
      (indices?.known ?? []).map(({ name, short, expression, about }) => [
        `\`${code}\``,
        `\`${name}\``,
        `\`${short}\``,
        `\`${expression}\``,
        about,
      ]),
    ),
  );
}
