/** Parcels on all of the tile, where there is nothing to save: what looking for it costs. */
import type { GroundBand } from '../ground.js';
import { medianOf } from '../report.js';
import type { Sparse, Taken } from './scenes-in-turn.js';
import { measureRound, type Round, sidesOf, tableRow } from './sides.js';
import { readTiles } from './tiled-image.js';

/** Each with TLM, and without. */
const KINDS = ['with TLM', 'without TLM'] as const;

export async function wholeTile(sparse: Sparse): Promise<void> {
  const { options, report, images } = sparse;
  const parcels = options.parcels.at(-1)!;
  const rounds: Round[] = [];
  for (let round = 0; round < options.repeats; round++)
    rounds.push(await measureRound(sparse, parcels, [true, false], round));
  report.paragraph(
    `**Parcels on all of the tile**, ${parcels.toLocaleString('en')} of them: a tile's second and third scene, in rounds that begin with another ` +
      `side each time, medians of ${rounds.length}. "Before" is the release that fetched whole objects.`,
  );
  const [now, ...others] = sidesOf(sparse);
  report.table(
    ['', 'MB fetched', 'requests', 'scene, wall s', 'CPU s'],
    [now, ...others].flatMap(({ name }) =>
      KINDS.map((kind, i) => tableRow(`${name}, ${kind}`, rounds, (round) => round.get(name)![i]!)),
    ),
  );
  for (const { name } of others)
    KINDS.forEach((kind, i) => {
      const ratio = (of: (taken: Taken) => number): number =>
        medianOf(rounds, (round) => of(round.get(now.name)![i]!) / of(round.get(name)![i]!));
      report.target({
        what: `parcels on all of the tile, ${kind}: bytes against ${name}`,
        unit: ' x',
        measured: ratio(({ bytes }) => bytes),
        atMost: 1.01,
      });
      report.target({
        what: `parcels on all of the tile, ${kind}: seconds against ${name}`,
        unit: ' x',
        measured: ratio(({ wall }) => wall),
        atMost: 1.02,
      });
    });
  const bytesOf = (band: GroundBand): number => readTiles(images(true)(band)).fileBytes;
  report.figure('objects.tenMetres', bytesOf('B04') + bytesOf('B08'));
  report.figure('objects.classMap', bytesOf('SCL'));
  report.figure(
    'whole.cpu',
    medianOf(rounds, (round) => round.get(now.name)![0]!.cpu),
  );
  // One for each object, and listings.
  report.figure(
    'whole.requests',
    medianOf(rounds, (round) => round.get(others[0]?.name ?? now.name)![0]!.requests),
  );
}
