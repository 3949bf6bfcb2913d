/** Few parcels on all of the tile: every tile is wanted, and few code-blocks of it. */
import type { ParcelSet } from '../ground.js';
import { number } from '../report.js';
import type { Sparse } from './scenes-in-turn.js';
import { measureRound, type Round, sidesOf, tableRow } from './whole-tile.js';

/** As they are named in the figures. */
const SETS = { few: 20_000, fewer: 5_000, clustered: '20000_clustered' } as const;
const QUICK = { few: 1_000, fewer: 500, clustered: '1000_clustered' } as const;
export type ScatteredSet = keyof typeof SETS;

export function scatteredSets(isQuick: boolean): Readonly<Record<ScatteredSet, ParcelSet>> {
  return isQuick ? QUICK : SETS;
}

export async function scattered(sparse: Sparse): Promise<void> {
  const { options, report } = sparse;
  const sides = sidesOf(sparse);
  const rows = [];
  for (const [key, set] of Object.entries(scatteredSets(options.quick))) {
    const round = await measureRound(sparse, set, sides);
    const before = sides.length > 1 ? workerCpu(round, 1) : NaN;
    for (const side of sides)
      rows.push([
        ...tableRow(`${nameOf(set)}, ${side.name}`, [round], (one) => one.get(side)!.listed),
        number(round.get(side)!.listed.workerCpu),
        `${number(round.get(side)!.listed.workerCpu / before)} x`,
      ]);
    const [now] = sides;
    report.figure(`${key}.cpu`, round.get(now!)!.listed.cpu);
    report.figure(`${key}.bytes`, round.get(now!)!.listed.bytes);
  }
  report.paragraph(
    "**Few parcels**, scattered over all of the tile and in patches of some km: a tile's second scene, with TLM. The worker's CPU is decoding, " +
      'but for statistics, rows and the download.',
  );
  const columns = ['', 'MB fetched', 'requests', 'scene, wall s', 'CPU s', 'worker CPU s', 'against before'];
  report.table(columns, rows);

  function workerCpu(round: Round, side: number): number {
    return round.get(sides[side]!)!.listed.workerCpu;
  }
}

function nameOf(set: ParcelSet): string {
  const count = parseInt(String(set)).toLocaleString('en');
  return String(set).endsWith('clustered') ? `${count} in patches` : `${count} scattered`;
}
