/** The same scenes by this checkout and by an earlier one, in turns. */
import type { ParcelSet } from '../ground.js';
import { type Cell, medianOf, number } from '../report.js';
import { ScenesInTurn, type Sparse, type Taken } from './scenes-in-turn.js';

export interface Side {
  readonly name: string;
  readonly checkout?: string;
}

const NOW: Side = { name: 'now' };

/** What one round found: of each side, by its name, the scenes asked for. */
export type Round = ReadonlyMap<string, readonly Taken[]>;

/** This checkout first; the other one where there is one. */
export function sidesOf({ options: { before } }: Sparse): readonly [Side, ...Side[]] {
  return before === undefined ? [NOW] : [NOW, { name: 'before', checkout: before }];
}

/**
 * Every side in turn, another one first in each round.
 * @param areListed of each scene, whether its images have TLM; one before them builds the coverages
 */
export async function measureRound(
  sparse: Sparse,
  parcels: ParcelSet,
  areListed: readonly boolean[],
  round = 0,
): Promise<Round> {
  const sides = sidesOf(sparse);
  const measured = new Map<string, readonly Taken[]>();
  for (let turn = 0; turn < sides.length; turn++) {
    const side = sides[(round + turn) % sides.length]!;
    sparse.say(`sparse: ${parcels} parcels, ${side.name}, round ${round + 1}`);
    measured.set(side.name, await measure(sparse, parcels, areListed, side));
  }
  return measured;
}

async function measure(
  sparse: Sparse,
  parcels: ParcelSet,
  areListed: readonly boolean[],
  { checkout }: Side,
): Promise<Taken[]> {
  const scenes = [true, ...areListed].map(sparse.images);
  const runs = await ScenesInTurn.open(sparse, parcels, scenes, checkout === undefined ? {} : { checkout });
  try {
    await runs.warm();
    const taken: Taken[] = [];
    while (taken.length < areListed.length) taken.push(await runs.measured());
    return taken;
  } finally {
    await runs.close();
  }
}

/** Medians of rounds. */
export function tableRow(name: string, rounds: readonly Round[], of: (round: Round) => Taken): Cell[] {
  const middle = (pick: (taken: Taken) => number): number => medianOf(rounds, (round) => pick(of(round)));
  return [
    ...[name, number(middle(({ bytes }) => bytes / 1e6)), middle(({ requests }) => requests)],
    ...[number(middle(({ wall }) => wall)), number(middle(({ cpu }) => cpu))],
  ];
}
