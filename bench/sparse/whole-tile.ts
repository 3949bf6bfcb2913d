/** Parcels on all of the tile, where there is nothing to save: what looking for it costs. */
import type { GroundBand, ParcelSet } from '../ground.js';
import { type Cell, medianOf, number } from '../report.js';
import { ScenesInTurn, type Sparse, type Taken } from './scenes-in-turn.js';
import { readTiles } from './tiled-image.js';

interface Side {
  readonly name: string;
  readonly checkout?: string;
}

const NOW: Side = { name: 'now' };

/** Scenes of a side, with TLM and without. */
type Scenes = Readonly<Record<'listed' | 'chained', Taken>>;

/** What one round found, by side. */
export type Round = ReadonlyMap<Side, Scenes>;

export async function wholeTile(sparse: Sparse): Promise<void> {
  const { options, report, images } = sparse;
  const parcels = options.parcels.at(-1)!;
  const sides = sidesOf(sparse);
  const rounds: Round[] = [];
  for (let round = 0; round < options.repeats; round++)
    rounds.push(await measureRound(sparse, parcels, sides, round));
  report.paragraph(
    `**Parcels on all of the tile**, ${parcels.toLocaleString('en')} of them: a tile's second and third scene, in rounds that begin with another ` +
      `side each time, medians of ${rounds.length}. "Before" is the release that fetched whole objects.`,
  );
  report.table(
    ['', 'MB fetched', 'requests', 'scene, wall s', 'CPU s'],
    sides.flatMap((side) => [
      tableRow(`${side.name}, with TLM`, rounds, (round) => round.get(side)!.listed),
      tableRow(`${side.name}, without`, rounds, (round) => round.get(side)!.chained),
    ]),
  );
  const bytesOf = (band: GroundBand): number => readTiles(images(true)(band)).fileBytes;
  report.figure('objects.tenMetres', bytesOf('B04') + bytesOf('B08'));
  report.figure('objects.classMap', bytesOf('SCL'));
  const middle = (side: Side, of: (taken: Taken) => number): number =>
    medianOf(rounds, (round) => of(round.get(side)!.listed));
  report.figure(
    'whole.cpu',
    middle(NOW, ({ cpu }) => cpu),
  );
  report.figure(
    'before.requests',
    middle(sides.at(-1)!, ({ requests }) => requests),
  );
  const before = sides.find((side) => side !== NOW);
  if (before === undefined) return;
  for (const kind of ['listed', 'chained'] as const) {
    const ratio = (of: (taken: Taken) => number): number =>
      medianOf(rounds, (round) => of(round.get(NOW)![kind]) / of(round.get(before)![kind]));
    const how = `parcels on all of the tile, ${kind === 'listed' ? 'with' : 'without'} TLM`;
    report.target({
      what: `${how}: bytes against before`,
      unit: ' x',
      measured: ratio(({ bytes }) => bytes),
      atMost: 1.01,
    });
    report.target({
      what: `${how}: seconds against before`,
      unit: ' x',
      measured: ratio(({ wall }) => wall),
      atMost: 1.02,
    });
  }
}

export function sidesOf({ options: { before } }: Sparse): readonly Side[] {
  return before === undefined ? [NOW] : [NOW, { name: 'before', checkout: before }];
}

/** Every side in turn. */
export async function measureRound(
  sparse: Sparse,
  parcels: ParcelSet,
  sides: readonly Side[],
  round = 0,
): Promise<Round> {
  const measured = new Map<Side, Scenes>();
  for (let turn = 0; turn < sides.length; turn++) {
    const side = sides[(round + turn) % sides.length]!;
    sparse.say(`sparse: ${parcels} parcels, ${side.name}, round ${round + 1}`);
    measured.set(side, await measure(sparse, parcels, side));
  }
  return measured;
}

async function measure(sparse: Sparse, parcels: ParcelSet, { checkout }: Side): Promise<Scenes> {
  const { images } = sparse;
  const scenes = [images(true), images(true), images(false)];
  const runs = await ScenesInTurn.open(sparse, parcels, scenes, checkout === undefined ? {} : { checkout });
  try {
    await runs.warm();
    return { listed: await runs.measured(), chained: await runs.measured() };
  } finally {
    await runs.close();
  }
}

export function tableRow(name: string, rounds: readonly Round[], of: (round: Round) => Taken): Cell[] {
  const middle = (pick: (taken: Taken) => number): number => medianOf(rounds, (round) => pick(of(round)));
  return [
    ...[name, number(middle(({ bytes }) => bytes / 1e6)), middle(({ requests }) => requests)],
    ...[number(middle(({ wall }) => wall)), number(middle(({ cpu }) => cpu))],
  ];
}
