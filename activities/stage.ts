/** Brings a scene's objects to this host's scratch disk, complete or not at all. */
import { open } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Order } from '../campaigns/order.js';
import { defaultClear } from '../campaigns/rule.js';
import { bandsToRead, type BandToRead, indicesOf, needsRadiometry } from '../campaigns/bands-to-read.js';
import type { BandSource, CardType, Radiometry, RadiometryRules } from '../cards/card.js';
import type { Harmonised, StagedBand, StagedIndex } from '../extraction/scratch/staged-layers.js';
import { type Manifest, StagedScene } from '../extraction/scratch/staged-scene.js';
import { MAX_XML_BYTES } from '../rasters/index.js';
import { shownAddress } from '../store/address.js';
import { localName } from '../store/local-name.js';
import type { ObjectInfo } from '../store/object-store.js';
import { orbitOfScene } from '../campaigns/tell-orbits.js';
import { downloadAll } from './host/download-all.js';
import type { SceneTask, Staged } from './contract.js';
import { locateScene } from '../reading/locate.js';
import type { StepContext } from './step-context.js';
import { evictResting, onScratch, requireSpace } from './host/scratch-space.js';
import type { HostDependencies } from './dependencies.js';

/** @throws SceneIncomplete with a status word; StoreDenied, StoreFailure, ScratchFull */
export function stage(
  context: StepContext,
  dependencies: HostDependencies,
  task: SceneTask,
): Promise<Staged> {
  return onScratch(dependencies, () => bringScene(context, dependencies, task));
}

async function bringScene(
  context: StepContext,
  dependencies: HostDependencies,
  task: SceneTask,
): Promise<Staged> {
  const { order, scene } = task;
  const folder = dependencies.scratch.sceneFolder(order.tables.results, scene.obsid);
  const staged = new StagedScene(folder);
  const label = {
    ...{ obsid: scene.obsid, reference: scene.reference },
    ...{ results: order.tables.results, runId: task.owner.runId },
  };
  // The host was taken for gone, and is asked again: what it has staged for this run is as good as ever.
  const there = await staged.staged(label);
  if (there !== undefined && isOf(order, there)) return stagedHere(dependencies, there);

  const waits = new Waits(context);
  const store = dependencies.quotas.limit(dependencies.store, {
    ...{ campaign: task.campaign, limits: order.limits },
    onWait: (seconds) => {
      waits.begin(seconds);
    },
  });
  const { key, card, sources, metadata, objects } = await locateScene(
    { pool: dependencies.pool, store },
    order,
    scene,
  );
  const wanted = bandsToRead(order);
  const bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
  await dependencies.scenes.forget(folder);
  await staged.begin(label);
  await requireSpace(dependencies, bytes);
  await leavePlace(dependencies);

  const paths = new Map(objects.map((object) => [object, staged.path(fileName(object, objects))]));
  await downloadAll(store, paths, context.signal, ({ object, bytes: received }) => {
    waits.report({
      object: shownAddress(object.key),
      megabytes: megabytes(received),
      of: megabytes(bytes),
    });
  });
  const text = metadata && (await readBeginning(staged.path(fileName(metadata, objects)), MAX_XML_BYTES + 1));
  const { contradictions, ...orbit } = await orbitOfScene(
    dependencies.pool,
    { key: order.tables.catalogue },
    scene,
  );
  const rules = needsRadiometry(order) ? card.radiometry : undefined;
  const radiometry = rules?.read(key, sources, text);
  const isHarmonised = order.radiometry === 'harmonised';
  const indices = stagedIndices(order);
  const inputs = new Set(indices?.flatMap(({ program }) => program.bands));
  const manifest: Manifest = {
    bands: sources.map((source) => ({
      ...stagedBand(source, objects, wanted),
      ...(inputs.has(source.band) && calibrationOf(card, source.band, radiometry)),
      harmonised:
        isHarmonised && rules && radiometry ? harmonisedBand(source.band, rules, radiometry) : undefined,
    })),
    indices,
    clear: clearOf(order),
    bytes,
    facts: {
      radiometry: order.radiometry,
      located: sources.some(({ asset }) => asset) ? 'catalogue' : 'layout',
      ...(isHarmonised ? radiometry : indices && ofIndices(radiometry)),
      orbit,
      contradictions: [...(radiometry?.contradictions ?? []), ...contradictions],
    },
  };
  await staged.writeManifest(manifest);
  return stagedHere(dependencies, manifest);
}

function stagedHere(
  dependencies: HostDependencies,
  { bytes, facts }: Pick<Manifest, 'bytes' | 'facts'>,
): Staged {
  const found = facts.contradictions;
  const contradictions = Array.isArray(found) ? found.filter((one) => typeof one === 'string') : [];
  return {
    ...{ host: dependencies.scratch.host, queue: dependencies.queue, bytes, stepNames: 2 as const },
    ...(contradictions.length > 0 && { contradictions }),
  };
}

/** Whether what is staged are the bands that the order needs, each for what it needs it for. */
function isOf(order: SceneTask['order'], { bands: staged, indices, clear, facts }: Manifest): boolean {
  const wanted = bandsToRead(order);
  return (
    facts.radiometry === order.radiometry &&
    staged.length === wanted.length &&
    wanted.every(({ band, name, isOnlyRead }) =>
      staged.some(
        (one) => one.band === band && one.name === name && (one.isOnlyRead ?? false) === isOnlyRead,
      ),
    ) &&
    isDeepStrictEqual(clear, clearOf(order)) &&
    isDeepStrictEqual(indices, stagedIndices(order))
  );
}

/** Undefined where there are none. */
function stagedIndices(order: Order): StagedIndex[] | undefined {
  const indices = indicesOf(order).map(({ name, index: { program }, isOnlyClear }) => ({
    ...{ name, program },
    ...(isOnlyClear && { isOnlyClear: true as const }),
  }));
  return indices.length > 0 ? indices : undefined;
}

/** How numbers of a band become physical ones: by the product's own offset, whatever bands are stored as. */
function calibrationOf(
  { indices, radiometry: rules }: CardType,
  band: string,
  radiometry: Radiometry | undefined,
): Pick<StagedBand, 'calibration' | 'saturated'> {
  const offset = radiometry?.offsets[band] ?? 0;
  const scale = radiometry?.scales[band] ?? 1;
  return { calibration: { offset, scale, unit: indices?.unit ?? 1 }, saturated: rules?.saturated };
}

/** Facts of a scene whose bands are stored as they are: what its indices are reckoned by. */
function ofIndices(radiometry: Radiometry | undefined): Manifest['facts'] {
  if (radiometry === undefined) return {};
  const { baseline, source, offsets, scales } = radiometry;
  return { inIndices: { baseline, source, offsets, scales } };
}

function clearOf({ card, clearBands = [], clear = defaultClear(card) }: Order): Manifest['clear'] {
  return clearBands.length > 0 ? { bands: clearBands, rule: clear } : undefined;
}

/** Of scenes that lie here and are at rest, so many leave as the new one takes the place of. */
async function leavePlace(dependencies: HostDependencies): Promise<void> {
  await evictResting(
    dependencies,
    async () => (await dependencies.scratch.stagedFolders()).length <= Math.max(1, dependencies.stagedScenes),
  );
}

/** Tells how far a download is, and that it waits for the quota while it does. */
class Waits {
  private details: Readonly<Record<string, string | number>> = {};
  private until = 0;

  constructor(private readonly context: StepContext) {}

  begin(seconds: number): void {
    this.until = Date.now() + seconds * 1000;
    this.report(this.details);
  }

  report(details: Readonly<Record<string, string | number>>): void {
    this.details = details;
    const waiting = Date.now() < this.until;
    this.context.report({ ...details, ...(waiting && { waiting: 'for the download quota' }) });
  }
}

function stagedBand(
  source: BandSource,
  objects: readonly ObjectInfo[],
  wanted: readonly BandToRead[],
): StagedBand {
  const { band, rasterBand, classes, asset } = source;
  const [main] = source.objects;
  const named = wanted.find((one) => one.band === band);
  if (main === undefined || named === undefined)
    throw new Error(`band ${band} has no object or was not asked for`);
  return {
    band,
    name: named.name,
    ...(named.isOnlyRead && { isOnlyRead: true as const }),
    file: fileName(main, objects),
    rasterBand,
    classes,
    noData: asset?.noData,
  };
}

/** Undefined for bands that are no reflectance. */
function harmonisedBand(
  band: string,
  { saturated }: RadiometryRules,
  { offsets, scales }: Radiometry,
): Harmonised | undefined {
  const offset = offsets[band];
  return offset === undefined ? undefined : { offset, scale: scales[band] ?? 1, saturated };
}

/** Numbered, so that objects of the same name in different folders stay apart; .img and .hdr of a pair share a number. */
function fileName(object: ObjectInfo, objects: readonly ObjectInfo[]): string {
  // The ending of the path: tokens behind a `?` may have dots too.
  const stem = (key: string): string => key.replace(/\.[^./?]*(?=\?|$)/, '');
  const stems = [...new Set(objects.map(({ key }) => stem(key)))];
  return `${stems.indexOf(stem(object.key))}-${localName(object.key)}`;
}

/** So many bytes of a file as text at most: what is longer is not read, but refused by its length. */
async function readBeginning(path: string, bytes: number): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e5) / 10;
}
