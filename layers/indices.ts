/**
 * The indices that a campaign may ask for: those its CARD type knows, and people's own (`"indices": {"XYZ": "…"}`), with
 * what they are called in the results table.
 */
import type { CardType } from '../cards/card.js';
import { CARD_TYPES } from '../cards/card-types.js';
import { type BandNaming, meant, parseExpression } from './expression.js';
import { ExpressionMistake } from './expression-mistake.js';
import { compile, type Program } from './program.js';

/** One's own indices by name: expressions of bands. */
export type OwnIndices = Readonly<Record<string, string>>;

export interface Index {
  /** As the field, or its maker, writes it. */
  readonly name: string;
  /** What stands in a results table whose column holds three characters; undefined where that can't be. */
  readonly short: string | undefined;
  readonly expression: string;
  readonly program: Program;
}

/** An index that can't be had; the message names it, and says what is wrong and where. */
export class IndexRefused extends Error {
  override readonly name = 'IndexRefused';
}

/** CbM's `band char(3)`. */
const SHORT = 3;

/**
 * The index of a name, upper or lower case; undefined where the name is none of the card's and none of one's own.
 * @throws IndexRefused where it is one's own and there is something wrong with it.
 */
export function findIndex(name: string, card: CardType, own: OwnIndices = {}): Index | undefined {
  const wanted = name.trim().toUpperCase();
  const known = card.indices?.known.find((one) => one.name.toUpperCase() === wanted);
  if (known !== undefined) return { ...known, program: programOf(known.name, known.expression, card) };
  const mine = Object.keys(own).find((one) => one.toUpperCase() === wanted);
  if (mine === undefined) return undefined;
  checkNames(own);
  return {
    name: mine,
    short: mine.length <= SHORT ? mine : undefined,
    expression: own[mine]!,
    program: programOf(mine, own[mine]!, card),
  };
}

/**
 * The index of a name as it may stand in a results table, or as people write it: the short name of one that the card knows, too.
 * @throws IndexRefused as `findIndex` does.
 */
export function storedIndex(name: string, card: CardType, own: OwnIndices = {}): Index | undefined {
  const wanted = name.trim().toUpperCase();
  const known = card.indices?.known.find(({ short }) => short.toUpperCase() === wanted);
  return findIndex(name, card, own) ?? (known && findIndex(known.name, card, own));
}

/** The bands of a card that may stand in an expression. */
export function bandNaming(card: CardType): BandNaming {
  return { bands: card.indices?.inputs ?? [], parseBand: (name) => card.parseBand(name) };
}

/** The message for a name that is neither a band nor an index of the card. */
export function unknownLayer(name: string, card: CardType, own: OwnIndices = {}): IndexRefused {
  const names = [...card.bands, ...(card.indices?.known ?? []).map((one) => one.name), ...Object.keys(own)];
  return new IndexRefused(
    `card ${card.code} has neither band nor index '${name}'${meant(name.trim(), names)}`,
  );
}

/**
 * What an index is called in the results table.
 * @param width characters the column holds; undefined for any number
 * @throws IndexRefused where the name is too long for it, and there is no shorter one.
 */
export function storedName({ name, short }: Index, width: number | undefined): string {
  if (width === undefined || name.length <= width) return name;
  if (short !== undefined && short.length <= width) return short;
  throw new IndexRefused(
    `the column band of the results or clear table holds ${width} characters, too few for index ${name}: it takes a shorter name, or a column of the type text`,
  );
}

/**
 * Whether names of one's own indices can be told from all others, whatever the CARD type.
 * @throws IndexRefused naming the first that can't.
 */
export function checkNames(own: OwnIndices): void {
  const seen = new Map<string, string>();
  for (const name of Object.keys(own)) {
    const upper = name.toUpperCase();
    if (!/^[A-Z][A-Z0-9_]*$/.test(upper))
      throw new IndexRefused(`index '${name}': a name is a letter, then letters, digits and _`);
    for (const card of CARD_TYPES) {
      if (isBand(name, card))
        throw new IndexRefused(`index ${name} has the name of a band of card ${card.code}`);
      const known = card.indices?.known.find(({ name, short }) =>
        [name, short].some((one) => one.toUpperCase() === upper),
      );
      if (known !== undefined)
        throw new IndexRefused(
          `index ${name} has the name of an index of card ${card.code}: ${known.name} = ${known.expression}`,
        );
    }
    const twin = seen.get(upper);
    if (twin !== undefined) throw new IndexRefused(`indices ${twin} and ${name} have one name`);
    seen.set(upper, name);
  }
}

function isBand(name: string, card: CardType): boolean {
  try {
    card.parseBand(name);
    return true;
  } catch {
    return false;
  }
}

function programOf(name: string, expression: string, card: CardType): Program {
  try {
    const program = compile(parseExpression(expression, bandNaming(card)));
    if (program.bands.length > 0) return program;
  } catch (error) {
    if (!(error instanceof ExpressionMistake)) throw error;
    throw new IndexRefused(`index ${name}, ${error.message}`, { cause: error });
  }
  throw new IndexRefused(`index ${name} has no band in it: ${expression}`);
}
