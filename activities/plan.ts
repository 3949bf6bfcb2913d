/** Finds the parcels of a staged scene and fixes, once, the chunks they are extracted in. */
import { basename } from 'node:path';
import type { CheckedSelection } from '../database/selection/check.js';
import { type Lacking, lackingChunks } from '../database/ledger/lacking.js';
import { type Origin, originOf } from '../database/ledger/origin.js';
import { ParcelsChanged, whileUnchanged } from '../database/parcels/parcel-snapshot.js';
import { outsideParcels, sceneBounds } from '../database/parcels/parcels.js';
import { recordFacts } from '../database/scenes/facts.js';
import { keepParcelSet } from '../database/parcels/parcel-sets.js';
import { isPlannedFrom, readPlan, storedChunks, storePlan } from '../database/ledger/plan.js';
import { changedSince, listedParcels, planRenewal } from '../database/ledger/renewal.js';
import { inSnapshot } from '../database/session/session.js';
import type { Chunk, Grid } from '../database/terms.js';
import { meets, unionAscending } from '../extraction/chunk-selection.js';
import type { Image } from '../extraction/image.js';
import type { Needs } from '../extraction/needed-windows.js';
import { needsOfChunks, pendingOf } from '../extraction/pending-parcels.js';
import type { LackingChunk } from '../extraction/scratch/scene-plan.js';
import { type Manifest, StagedScene } from '../extraction/scratch/staged-scene.js';
import type { Bounds, Coverage } from '../zonal/index.js';
import type { PlannedScene, SceneTask } from './contract.js';
import { BadScene, NotStaged } from './failures.js';
import type { StepContext } from './step-context.js';
import { checkFootprint, checkSameExtent } from './host/scene-extent.js';
import { onScratch } from './host/scratch-space.js';
import { isAllThere } from './host/needed-parts.js';
import { isAddedTo, unfinished } from './host/pending-chunks.js';
import { readImages } from './host/open-scenes.js';
import { countCloudy } from './host/cloudy-scenes.js';
import { coverScene, needsOf, sceneLayers, wantedOf } from './host/scene-coverages.js';
import { type HostDependencies } from './dependencies.js';
import { type Order, selectionOf } from '../campaigns/order.js';
import { bandsWithSkipped } from '../campaigns/waiting.js';

/** @throws NotStaged, BadScene, NotAligned, RasterError, ClaimLost, ScratchFull */
export function plan(
  context: StepContext,
  dependencies: HostDependencies,
  task: SceneTask,
): Promise<PlannedScene> {
  return onScratch(dependencies, () => fixPlan(context, dependencies, task));
}

async function fixPlan(
  context: StepContext,
  dependencies: HostDependencies,
  task: SceneTask,
): Promise<PlannedScene> {
  const { order, scene, owner } = task;
  const folder = dependencies.scratch.sceneFolder(order.tables.results, scene.obsid);
  const staged = new StagedScene(folder);
  const manifest = await staged.readManifest();
  if (!manifest) throw new NotStaged('the scene is not staged on this host any more');
  const images = await readImages(staged, manifest);
  checkSameExtent(images);
  const layers = sceneLayers(manifest, images);

  const [firstImage] = images;
  if (!firstImage) throw new BadScene('no band is staged');

  const selection = await dependencies.selections.check(selectionOf(order));
  await checkFootprint(dependencies.pool, selection, scene.obsid, firstImage);
  const wanted = wantedOf(order, selection, manifest, layers);
  const { fingerprint, footprint, outside, lacking, changed, keys, covered, pids, chunks } =
    await whileUnchanged(async () => {
      const ground = await groundOf(dependencies, selection, order, scene.obsid, firstImage.grid);
      const fingerprint = ground.origin.parcelSet;
      dependencies.coverages.saw(selection, fingerprint);
      const [{ keys, covered }] = await Promise.all([
        coverScene(dependencies.coverages, selection, fingerprint, wanted, context.signal),
        keepParcelSet(dependencies.pool, selection, fingerprint),
      ]);
      const pids = mergeAscending(selected(covered.raw[0]!, ground.footprint), ground.outside);
      const chunks = await chunksOf(dependencies, selection, task, cut(pids, order.chunkParcels), ground);
      return { ...ground, keys, covered, fingerprint, pids, chunks };
    });
  const all = needsOf(layers, covered);
  if (layers.sky) await requireFetched(dependencies, staged, manifest, all, layers.sky.classMap);
  const cloudy = await dependencies.scenes.cloudy.find(layers, covered, keys, context.signal);
  const stored = await storedChunks(dependencies.pool, selection, scene.obsid);
  const pending = unfinished(chunks, lacking, stored);
  const chunksPending = pending.map(({ chunk }) => chunk);
  const listed = await listedParcels(dependencies.pool, selection, scene.obsid, chunksPending);
  const standing = toAdd(lacking, changed);
  const only = { ...listed, ...standing.only };
  const needs = needsOf(layers, covered, cloudy);
  const toRead = pendingOf(pending, { only, lacking: standing.lacking });
  const isAll = pending.length === chunks.length && Object.keys(only).length === 0;
  await requireFetched(dependencies, staged, manifest, isAll ? needs : needsOfChunks(needs, toRead));
  await staged.writePlan({
    footprint,
    parcelSet: fingerprint,
    outside,
    ...keys,
    pending: chunksPending,
    only,
    ...(!isAll && { ranges: pending }),
    ...(lacking.size > 0 && { lacking: standing.lacking }),
  });
  const counted = cloudy && countCloudy(cloudy, footprint);
  const { skipCloudy } = manifest;
  await recordFacts(dependencies.pool, selection, scene.obsid, owner, {
    ...manifest.facts,
    notes: notesOn(images),
    ...(skipCloudy && {
      skippedCloudy: { classes: skipCloudy.classes, widenM: skipCloudy.widenM, ...counted },
    }),
  });
  await dependencies.scenes.replan(folder);
  return { parcels: pids.length, chunks: chunks.length, pending, ...(counted && { cloudy: counted }) };
}

/** @throws NotStaged where parcels have come, since the scene was staged, under which nothing of it was fetched. */
async function requireFetched(
  { budget }: HostDependencies,
  staged: StagedScene,
  { bands, parts }: Manifest,
  needs: Needs,
  only?: number,
): Promise<void> {
  if (parts === undefined || (await isAllThere(staged, bands, needs, budget.bytes, only))) return;
  await staged.reopen();
  throw new NotStaged('parcels have come where nothing of the scene was fetched');
}

/** Each with the file it is about; bands of one file say the same. */
function notesOn(images: readonly Image[]): string[] {
  return [...new Set(images.flatMap(({ path, notes }) => notes.map((note) => `${basename(path)}: ${note}`)))];
}

/** Which parcels a scene has, and what it depends on, all of one moment. */
function groundOf(
  dependencies: HostDependencies,
  selection: CheckedSelection,
  order: Order,
  obsid: number,
  grid: Grid,
) {
  return inSnapshot(dependencies.pool, async (client) => {
    const origin = await originOf(client, selection, obsid);
    const lacking = await lackingChunks(client, selection, obsid, bandsWithSkipped(order));
    return {
      origin,
      footprint: await sceneBounds(client, selection, obsid),
      outside: await outsideParcels(client, selection, obsid, grid),
      lacking,
      changed: lacking.size > 0 ? await changedSince(client, selection, obsid, origin) : [],
    };
  });
}

/** Rows are added of the parcels that the rows which stand are of. */
function toAdd(
  chunks: ReadonlyMap<number, Lacking>,
  changed: readonly number[],
): { only: Record<number, number[]>; lacking: Record<number, LackingChunk> } {
  const isChanged = new Set(changed);
  const only: Record<number, number[]> = {};
  const lacking: Record<number, LackingChunk> = {};
  for (const [chunk, { pids, layers, skipped }] of chunks) {
    const wanted = layers.length > 0 ? pids : unionAscending(skipped.map((one) => one.pids));
    only[chunk] = wanted.filter((pid) => !isChanged.has(pid));
    lacking[chunk] = { layers, skipped, changed: wanted.filter((pid) => isChanged.has(pid)) };
  }
  return { only, lacking };
}

/**
 * The chunks of the scene: these, or those that are planned already. Of a plan that was made from other parcels or another
 * selection of them, what it lacks is added; where all of it is stored, that is left to campaigns that ask for it.
 * @throws ParcelsChanged where they have changed once more meanwhile.
 */
async function chunksOf(
  { pool }: HostDependencies,
  selection: CheckedSelection,
  { order, scene: { obsid }, owner }: SceneTask,
  wanted: readonly Chunk[],
  { origin, lacking }: { readonly origin: Origin; readonly lacking: ReadonlyMap<number, Lacking> },
): Promise<Chunk[]> {
  const chunks = await storePlan(pool, selection, obsid, owner, wanted, origin);
  if (isAddedTo(chunks, lacking, await storedChunks(pool, selection, obsid))) return chunks;
  if (await isPlannedFrom(pool, selection, obsid, origin)) return chunks;
  await planRenewal(pool, selection, obsid, owner, order.chunkParcels);
  if (await isPlannedFrom(pool, selection, obsid, origin)) return readPlan(pool, selection, obsid);
  throw new ParcelsChanged(selection);
}

function selected(coverage: Coverage, footprint: Bounds): Int32Array {
  const pids = new Int32Array(coverage.count);
  let count = 0;
  for (let parcel = 0; parcel < coverage.count; parcel++) {
    if (meets(coverage.bounds, 4 * parcel, footprint)) pids[count++] = coverage.pids[parcel]!;
  }
  return pids.subarray(0, count);
}

function mergeAscending(a: Int32Array, b: readonly number[]): Int32Array {
  return b.length === 0 ? a : Int32Array.from(new Set([...a, ...b])).sort();
}

/** A chunk that holds fewer parcels costs more in book-keeping than it saves at the end. */
const SMALLEST_LAST = 2500;

/**
 * Ranges of ogc_fid that hold `size` parcels each, the last of them cut into halves again and again: when the scene's last
 * block is decoded, little is left that only one core can do. A scene without any parcel has one chunk, so that its end can
 * be proven.
 */
export function cut(pids: ArrayLike<number>, size: number): Chunk[] {
  if (pids.length === 0) return [{ chunk: 0, firstPid: 0, lastPid: 0 }];
  const chunks: Chunk[] = [];
  let from = 0;
  while (from < pids.length) {
    const left = pids.length - from;
    const last = from > 0 && left <= size;
    const to = from + Math.min(left, last ? Math.max(Math.ceil(left / 2), SMALLEST_LAST) : size);
    chunks.push({ chunk: chunks.length, firstPid: pids[from]!, lastPid: pids[to - 1]! });
    from = to;
  }
  return chunks;
}
