/** Few parcels on all of the tile: every tile is wanted, and few code-blocks of it. */
import type { ParcelSet } from '../ground.js';
import { number } from '../report.js';
import type { Sparse } from './scenes-in-turn.js';
import { measureRound, sidesOf, tableRow } from './sides.js';

export function scatteredSets(isQuick: boolean): readonly ParcelSet[] {
  return isQuick ? [1_000, 500, '1000_clustered'] : [20_000, 5_000, '20000_clustered'];
}

export async function scattered(sparse: Sparse): Promise<void> {
  const { options, report } = sparse;
  const rows = [];
  for (const set of scatteredSets(options.quick)) {
    const round = await measureRound(sparse, set, [true]);
    const workerCpu = (side: string): number => round.get(side)?.[0]?.workerCpu ?? NaN;
    for (const { name } of sidesOf(sparse))
      rows.push([
        ...tableRow(`${nameOf(set)}, ${name}`, [round], (one) => one.get(name)![0]!),
        number(workerCpu(name)),
        `${number(workerCpu(name) / workerCpu('before'))} x`,
      ]);
  }
  report.paragraph(
    "**Few parcels**, scattered over all of the tile and in patches of some km: a tile's second scene, with TLM. The worker's CPU is decoding, " +
      'but for statistics, rows and the download.',
  );
  const columns = ['', 'MB fetched', 'requests', 'scene, wall s', 'CPU s', 'worker CPU s', 'against before'];
  report.table(columns, rows);
}

function nameOf(set: ParcelSet): string {
  const count = parseInt(String(set)).toLocaleString('en');
  return String(set).endsWith('clustered') ? `${count} in patches` : `${count} scattered`;
}
