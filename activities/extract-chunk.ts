/** Statistics of one chunk's parcels in all bands, packed on the scratch disk for `copyChunk`. */
import type { StagedBand } from '../extraction/scratch/staged-scene.js';
import { writeJson } from '../extraction/scratch/scratch-file.js';
import { STATISTIC_COLUMNS } from '../database/results/statistic-columns.js';
import type { Accounts } from '../database/terms.js';
import type { ChunkReport, Gap } from '../extraction/extract.js';
import type { ChunkTask } from './contract.js';
import type { StepContext } from './step-context.js';
import { onScratch } from './host/scratch-space.js';
import { type HostDependencies } from './dependencies.js';
import { selectionOf } from '../campaigns/order.js';

/** What lies on the disk beside a chunk's rows. */
export interface StoredReport extends ChunkReport {
  /** Fingerprint of the parcels it was extracted from. */
  readonly parcelSet: string;
}

/** @throws NotStaged, RasterError, ScratchFull */
export function extractChunk(
  context: StepContext,
  dependencies: HostDependencies,
  task: ChunkTask,
): Promise<Accounts> {
  return onScratch(dependencies, () => extract(context, dependencies, task));
}

async function extract(
  context: StepContext,
  dependencies: HostDependencies,
  task: ChunkTask,
): Promise<Accounts> {
  const { order, scene, chunk } = task;
  const selection = await dependencies.selections.check(selectionOf(order));
  const here = await dependencies.scenes.get(
    dependencies.scratch.sceneFolder(order.tables.results, scene.obsid),
  );
  const { staged, manifest, plan, images, planes } = here;
  here.unextracted.add(chunk.chunk);
  const coverages = [...new Set(here.coverages)];
  const files = staged.chunkFiles(chunk.chunk);
  const report = await planes.use(chunk.firstPid, chunk.lastPid, context.signal, (decoded) =>
    dependencies.threads.run(
      {
        kind: 'extract',
        obsid: scene.obsid,
        chunk,
        bands: manifest.bands.map(({ name, classes, harmonised, noData: listed }, band) => {
          const { path, rasterBand, pixelType, noData } = images[band]!;
          return {
            name,
            path,
            rasterBand,
            pixelType,
            noData: [noData, numberOf(listed)].filter((value) => value !== undefined),
            harmonised,
            histogram: classes && selection.hists !== undefined,
            plane: decoded[band],
            coverage: coverages.indexOf(here.coverages[band]!),
          };
        }),
        coverages: coverages.map(({ buffer }) => buffer),
        footprint: plan.footprint,
        outside: plan.outside,
        only: plan.only?.[chunk.chunk],
        rowsPath: files.rows,
        histsPath: files.hists,
        // The statistics that are measured are CbM's eight.
        table: { statBytes: selection.results.statBytes, statistics: STATISTIC_COLUMNS },
        jsonb: selection.hists?.jsonb ?? false,
      },
      context.signal,
    ),
  );
  await writeJson(files.report, { ...report, parcelSet: plan.parcelSet } satisfies StoredReport);
  here.unextracted.delete(chunk.chunk);
  if (here.unextracted.size === 0) planes.release();
  return accountsOf(report);
}

/** Infinite numbers travel as words. */
function numberOf(noData: StagedBand['noData']): number | undefined {
  return typeof noData === 'string' ? (noData === 'inf' ? Infinity : -Infinity) : noData;
}

/** The report without its lists of parcels: counts only, as they may travel. */
export function accountsOf({ parcels, rows, hists, clear, gaps }: ChunkReport): Accounts {
  const counts: Record<string, Partial<Record<Gap['reason'], number>>> = {};
  for (const { band, reason, pids } of gaps) (counts[band] ??= {})[reason] = pids.length;
  return { parcels, rows, hists, ...(clear !== undefined && { clear }), gaps: counts };
}
