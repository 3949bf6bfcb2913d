/** Brings a scene's objects to this host's scratch disk, complete or not at all. */
import { open } from 'node:fs/promises';
import { needsRadiometry } from '../campaigns/bands-to-read.js';
import { orbitOfScene } from '../campaigns/tell-orbits.js';
import { type Manifest, StagedScene } from '../extraction/scratch/staged-scene.js';
import { MAX_XML_BYTES } from '../rasters/index.js';
import { locateScene } from '../reading/locate.js';
import { localName } from '../store/local-name.js';
import type { ObjectInfo } from '../store/object-store.js';
import type { SceneTask, Staged } from './contract.js';
import type { HostDependencies } from './dependencies.js';
import { bringObjects } from './host/bring-objects.js';
import { KnownPlaces } from './host/known-places.js';
import { objectVersions } from './host/object-versions.js';
import { openParts } from './host/needed-parts.js';
import { evictResting, onScratch, requireSpace } from './host/scratch-space.js';
import { calibrated, isOf, stagedLayers } from './host/staged-layers.js';
import type { StepContext } from './step-context.js';

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
  await dependencies.scenes.forget(folder);
  const wasBad = await staged.begin(label);
  await leavePlace(dependencies);

  const nameOf = (object: ObjectInfo): string => fileName(object, objects);
  const brought = await bringObjects(
    {
      ...{ store, costs: dependencies.fetchCosts, sources, objects, staged, nameOf, signal: context.signal },
      open: (parts) => openParts(context, dependencies, { order, scene }, { sources, staged, nameOf, parts }),
      places: new KnownPlaces(dependencies.scratch.places),
      requireSpace: (bytes) => requireSpace(dependencies, bytes),
      tell: (details) => {
        waits.report(details);
      },
    },
    !wasBad,
  );
  const text = metadata && (await readBeginning(staged.path(nameOf(metadata)), MAX_XML_BYTES + 1));
  const { contradictions, ...orbit } = await orbitOfScene(
    dependencies.pool,
    { key: order.tables.catalogue },
    scene,
  );
  const radiometry = needsRadiometry(order) ? card.radiometry?.read(key, sources, text) : undefined;
  const { facts, ...layers } = calibrated(
    order,
    card,
    stagedLayers(order, sources, brought.fileOf),
    radiometry,
  );
  const manifest: Manifest = {
    ...layers,
    bytes: brought.bytes,
    parts: brought.parts,
    facts: {
      radiometry: order.radiometry,
      located: sources.some(({ asset }) => asset) ? 'catalogue' : 'layout',
      ...facts,
      orbit,
      objects: objectVersions(objects),
      contradictions: [...(radiometry?.contradictions ?? []), ...contradictions],
    },
  };
  await staged.writeManifest(manifest);
  return stagedHere(dependencies, manifest);
}

function stagedHere(
  dependencies: HostDependencies,
  { bytes, parts, facts }: Pick<Manifest, 'bytes' | 'parts' | 'facts'>,
): Staged {
  const found = facts.contradictions;
  const contradictions = Array.isArray(found) ? found.filter((one) => typeof one === 'string') : [];
  return {
    ...{ host: dependencies.scratch.host, queue: dependencies.queue, bytes, stepNames: 2 as const },
    ...(parts && { parts }),
    ...(contradictions.length > 0 && { contradictions }),
  };
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
