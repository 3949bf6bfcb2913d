/** Statistics of one chunk's parcels in all bands, packed on the scratch disk for `copyChunk`. */
import type { LackingChunk } from '../extraction/scratch/scene-plan.js';
import { writeJson } from '../extraction/scratch/scratch-file.js';
import { clearLayer } from '../database/ledger/layer-names.js';
import type { Accounts } from '../database/terms.js';
import { unionAscending } from '../extraction/chunk-selection.js';
import type { ChunkReport } from '../extraction/extract.js';
import type { Gap } from '../extraction/gaps.js';
import { ChunkLayers } from '../extraction/chunk-layers.js';
import type { ChunkTask } from './contract.js';
import { NotStaged } from './failures.js';
import type { StepContext } from './step-context.js';
import { onScratch } from './host/scratch-space.js';
import { type HostDependencies } from './dependencies.js';
import { selectionOf } from '../campaigns/order.js';
import type { CheckedSelection } from '../database/selection/check.js';
import type { Image } from '../extraction/image.js';
import type { ExtractInput } from '../extraction/index-measuring.js';
import type { Alignment } from '../layers/index.js';
import type { Masking } from '../extraction/masking.js';
import type { Planes } from '../extraction/scene-planes.js';
import type { Coverage } from '../zonal/index.js';
import type { OpenScene } from './host/open-scenes.js';
import { noDataOf, type SceneMask } from './host/scene-mask.js';

/** What lies on the disk beside a chunk's rows. */
export interface StoredReport extends ChunkReport {
  /** Fingerprint of the parcels it was extracted from. */
  readonly parcelSet: string;
  /** See `ChunkRows`. */
  readonly layers?: readonly string[] | undefined;
  readonly skipped?: LackingChunk['skipped'];
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
  const { staged, manifest, plan, planes } = here;
  if (plan.ranges && !plan.pending.includes(chunk.chunk))
    throw new NotStaged(`chunk ${chunk.chunk} was not planned on this host`);
  here.unextracted.add(chunk.chunk);
  const coverages = [
    ...new Set([...here.coverages, ...here.clearCoverages, ...here.histogramCoverages]),
  ].filter((coverage) => coverage !== undefined);
  const files = staged.chunkFiles(chunk.chunk);
  const lacking = plan.lacking?.[chunk.chunk];
  const layers = new ChunkLayers(lacking);
  const clearBands = manifest.clear?.bands.filter((band) => layers.has(clearLayer(band))) ?? [];
  const onlyOf = (name: string) => ({ only: layers.only(name), clearOnly: layers.only(clearLayer(name)) });
  const tableOf = ({ statBytes, statistics }: CheckedSelection['results']) => ({ statBytes, statistics });
  const report = await planes.use(chunk.firstPid, chunk.lastPid, context.signal, (decoded, mask) =>
    dependencies.threads.run(
      {
        kind: 'extract',
        obsid: scene.obsid,
        chunk,
        bands: manifest.bands.flatMap((band, i) => {
          const hasRows = band.isOnlyRead !== true && layers.has(band.name);
          const hasClearRows = clearBands.includes(band.name);
          if (!hasRows && !hasClearRows) return [];
          return {
            ...sourceOf(here, decoded, i),
            ...{ name: band.name, hasRows, hasClearRows, ...onlyOf(band.name) },
            harmonised: band.harmonised,
            evenCloudy: i === here.classMap,
            histogram: hasRows && band.classes && selection.hists !== undefined,
            coverage: coverages.indexOf(here.coverages[i]!),
            clearCoverage: coverages.indexOf(here.clearCoverages[i]!),
            histogramCoverage: placeIn(coverages, here.histogramCoverages[i]),
          };
        }),
        indices: here.indices.flatMap(({ name, program, isOnlyClear, base, inputs }) => {
          const hasRows = !isOnlyClear && layers.has(name);
          const hasClearRows = clearBands.includes(name);
          if (!hasRows && !hasClearRows) return [];
          return {
            ...{ name, program, hasRows, hasClearRows, ...onlyOf(name) },
            inputs: inputs.map(({ image, alignment }) => inputOf(here, decoded, image, alignment)),
            coverage: coverages.indexOf(here.coverages[base]!),
            clearCoverage: coverages.indexOf(here.clearCoverages[base]!),
          };
        }),
        ...(here.clear &&
          selection.clear && {
            clear: {
              ...classesOf(here.images, decoded, here.clear),
              mask,
              maskings: coverages.map((coverage) => maskingOn(here, coverage)),
              clearPath: files.clear,
              table: tableOf(selection.clear),
            },
          }),
        coverages: coverages.map(({ buffer }) => buffer),
        cloudy: here.cloudy && coverages.map((coverage) => here.cloudy?.get(coverage)),
        footprint: plan.footprint,
        outside: plan.outside,
        only: plan.only?.[chunk.chunk],
        rowsPath: files.rows,
        histsPath: files.hists,
        table: tableOf(selection.results),
        jsonb: selection.hists?.jsonb ?? false,
      },
      context.signal,
    ),
  );
  const whole = lacking ? withChanged(report, lacking, layers) : report;
  const stored: StoredReport = {
    ...{ ...whole, parcelSet: plan.parcelSet },
    ...(lacking && { layers: lacking.layers, skipped: lacking.skipped }),
  };
  await writeJson(files.report, stored);
  here.unextracted.delete(chunk.chunk);
  if (here.unextracted.size === 0) planes.release();
  return accountsOf(whole);
}

/** The report of a chunk that was stored without something, with those of its parcels that have changed since. */
function withChanged(report: ChunkReport, { changed }: LackingChunk, layers: ChunkLayers): ChunkReport {
  if (changed.length === 0) return report;
  const pids = unionAscending([report.pids, changed]);
  return { ...report, pids, parcels: pids.length, gaps: [...report.gaps, ...layers.changed()] };
}

/** Where the pixels of a staged band are. */
function sourceOf({ images, manifest }: OpenScene, decoded: Planes, band: number) {
  const { path, rasterBand, pixelType } = images[band]!;
  const noData = noDataOf(images[band]!, manifest.bands[band]!);
  return { path, rasterBand, pixelType, plane: decoded[band], noData };
}

/** @throws Error where the manifest does not say how its numbers become physical ones, which each input's says. */
function inputOf(here: OpenScene, decoded: Planes, image: number, alignment: Alignment): ExtractInput {
  const { calibration, saturated, band } = here.manifest.bands[image]!;
  if (calibration === undefined) throw new Error(`band ${band} is staged without calibration`);
  const { noData, ...source } = sourceOf(here, decoded, image);
  return { ...source, noData: [...noData, saturated], calibration, alignment };
}

/** @throws Error where the class map is not decoded, which it always is. */
function classesOf(images: readonly Image[], decoded: Planes, { classMap, unclear, minPixels }: SceneMask) {
  const plane = decoded[classMap];
  if (plane === undefined) throw new Error('the class map is not decoded');
  return { path: images[classMap]!.path, plane, unclear, minPixels };
}

/** How the class map lies under a coverage's grid; undefined where none of its bands has clear rows. */
function maskingOn({ clear, clearCoverages }: OpenScene, coverage: Coverage): Masking | undefined {
  return clear?.maskings.find((masking, band) => masking !== undefined && clearCoverages[band] === coverage);
}

function placeIn(coverages: readonly Coverage[], coverage: Coverage | undefined): number | undefined {
  return coverage && coverages.indexOf(coverage);
}

/** The report without its lists of parcels: counts only, as they may travel. */
export function accountsOf({ parcels, rows, hists, clear, gaps, withoutValue }: ChunkReport): Accounts {
  const counts: Record<string, Partial<Record<Gap['reason'], number>>> = {};
  for (const { band, reason, pids } of gaps) (counts[band] ??= {})[reason] = pids.length;
  return {
    ...{ parcels, rows, hists, ...(clear !== undefined && { clear }), gaps: counts },
    ...(withoutValue && { withoutValue }),
  };
}
