/**
 * Brings the objects of a scene to this host's disk: whole, or those of their bytes in which there are pixels of parcels.
 *
 * Terms. *Part*: an object of which only some bytes are brought, see rasters/partial-file.ts. *Chain*: blocks each of which is
 * found by the one before (JPEG 2000 without TLM).
 */
import { copyFile } from 'node:fs/promises';
import type { BandSource } from '../../cards/card.js';
import type { StagedParts } from '../../extraction/scratch/staged-layers.js';
import type { StagedScene } from '../../extraction/scratch/staged-scene.js';
import { type FetchCosts, HEAD_BYTES } from '../../reading/fetch-costs.js';
import { fetchPart } from '../../reading/fetch-part.js';
import { isReasonForWhole, type NeededPart, partCandidates } from '../../reading/needed-part.js';
import { type Bringing, PartialObject } from '../../reading/partial-object.js';
import type { ObjectInfo, ObjectStore } from '../../store/object-store.js';
import { bytesAt } from '../../store/download.js';
import { downloadAll } from './download-all.js';
import type { KnownPlaces } from './known-places.js';
import type { FirstPart, OpenedParts } from './needed-parts.js';
import type { SceneAhead } from './scene-ahead.js';
import { StagingProgress } from './staging-progress.js';

export interface ObjectsToBring {
  readonly store: ObjectStore;
  readonly sources: readonly BandSource[];
  readonly objects: readonly ObjectInfo[];
  readonly staged: StagedScene;
  /** The name of a whole object in the folder. */
  readonly nameOf: (object: ObjectInfo) => string;
  readonly signal: AbortSignal;
  /** Finds out what is needed of the objects that could be brought in parts, whose first bytes are there. */
  readonly open: (parts: ReadonlyMap<ObjectInfo, PartialObject>) => Promise<OpenedParts>;
  readonly places: KnownPlaces;
  readonly costs: FetchCosts;
  /** @throws DiskFull where so many bytes find no room */
  readonly requireSpace: (bytes: number) => Promise<void>;
  readonly tell: (details: Readonly<Record<string, string | number>>) => void;
}

export interface Brought {
  /** The name of an object's file in the folder. */
  readonly fileOf: (object: ObjectInfo) => string;
  readonly bytes: number;
  /** Undefined where all of every object was brought. */
  readonly parts: StagedParts | undefined;
}

/**
 * @param inParts false: all of every object is brought
 * @throws StoreDenied, StoreFailure, ObjectMissing, DiskFull
 */
export async function bringObjects(to: ObjectsToBring, inParts: boolean): Promise<Brought> {
  const { store, objects, signal, requireSpace } = to;
  const ofBytes = bytesOf(objects);
  const candidates = inParts ? partCandidates(objects, to.sources, to.costs) : [];
  const others = objects.filter((object) => !candidates.includes(object));
  const progress = new StagingProgress(to.tell, ofBytes);
  const download = async (some: readonly ObjectInfo[]): Promise<void> => {
    const paths = new Map(some.map((object) => [object, to.staged.path(to.nameOf(object))]));
    await downloadAll(store, paths, signal, ({ object, bytes }) => {
      progress.reached(object, bytes);
    });
  };
  const missing = async (some: readonly ObjectInfo[]): Promise<number> => {
    const there = some.map((object) => bytesAt(object, to.staged.path(to.nameOf(object))));
    return bytesOf(some) - (await Promise.all(there)).reduce((sum, bytes) => sum + bytes, 0);
  };
  await requireSpace((await missing(others)) + HEAD_BYTES * candidates.length);
  if (candidates.length === 0) {
    await download(objects);
    return broughtOf(to, new Map(), ofBytes);
  }
  const headBytes = bytesOf(others) + HEAD_BYTES * candidates.length;
  progress.begin('headers', headBytes);
  const parts = new Map<ObjectInfo, PartialObject>();
  let opened: OpenedParts | undefined;
  let ahead: SceneAhead | undefined;
  try {
    for (const object of candidates) {
      const part = await PartialObject.open(store, object, to.staged.path(to.nameOf(object)));
      parts.set(object, part);
      await to.places.lend(part);
    }
    const bringing = (object: ObjectInfo): Bringing => ({
      signal,
      onBytes: (bytes) => {
        progress.came(object, bytes);
      },
    });
    const heads = [...parts].map(([object, part]) => part.bring([HEAD], bringing(object)));
    const bringFirst = async ({ object, part }: FirstPart): Promise<void> => {
      await requireSpace(part ? missingOf(part) : await missing([object]));
      progress.begin('class map', headBytes + (part?.bytes ?? object.bytes));
      await (part ? fetchPart(part, to.costs, bringing(object)) : download([object]));
    };
    const chosen = await unlessForWhole(async () => {
      await settled([download(others), ...heads]);
      await copyHeaders(to, parts);
      progress.begin('finding tiles with parcels');
      opened = await to.open(parts);
      if (opened.first) await bringFirst(opened.first);
      return await opened.choose();
    });
    const needed = chosen?.parts ?? new Map<ObjectInfo, NeededPart>();
    ahead = chosen?.ahead;
    progress.knowCloudy(chosen?.cloudy);
    const whole = candidates.filter((object) => !needed.has(object));
    const ofParts = [...needed.values()].reduce((sum, part) => sum + missingOf(part), 0);
    await requireSpace((await missing(whole)) + ofParts);
    progress.beginTiles(bytesOf([...others, ...whole]), needed);
    const brought = new Map<ObjectInfo, NeededPart>();
    const fetches = [...needed].map(([object, part]) =>
      unlessForWhole(async () => {
        await fetchPart(part, to.costs, bringing(object), () => ahead?.follow(object, part));
        brought.set(object, part);
      }),
    );
    await settled([download(whole), ...fetches]);
    const failed = [...needed.keys()].filter((object) => !brought.has(object));
    if (failed.length > 0) {
      ahead?.close();
      await requireSpace(await missing(failed));
      progress.beginTiles(bytesOf(objects.filter((object) => !brought.has(object))), brought);
      await download(failed);
    }
    for (const [object, part] of parts)
      await (brought.has(object)
        ? to.places.keep(part)
        : to.places.keepOfWhole(part, to.staged.path(to.nameOf(object))));
    return broughtOf(to, brought, ofBytes);
  } catch (error) {
    ahead?.close();
    throw error;
  } finally {
    await opened?.close();
    for (const part of parts.values()) await part.close();
  }
}

const HEAD = { from: 0, to: HEAD_BYTES };

/** Bytes, as far as that is known before they are brought. */
function missingOf({ bytes, partial }: NeededPart): number {
  return Math.max(0, bytes - partial.bytes);
}

/** A header lies beside its pixels under their name, whatever that is. */
async function copyHeaders(to: ObjectsToBring, parts: ReadonlyMap<ObjectInfo, PartialObject>): Promise<void> {
  for (const { objects } of to.sources) {
    const [main, ...beside] = objects;
    const part = main && parts.get(main);
    if (part === undefined) continue;
    for (const one of beside) await copyFile(to.staged.path(to.nameOf(one)), part.beside(to.nameOf(one)));
  }
}

function broughtOf(to: ObjectsToBring, parts: ReadonlyMap<ObjectInfo, NeededPart>, ofBytes: number): Brought {
  const needed = [...parts.values()];
  const sum = (of: (part: NeededPart) => number): number => needed.reduce((all, part) => all + of(part), 0);
  const wholes = to.objects.filter((object) => !parts.has(object));
  return {
    fileOf: (object) => parts.get(object)?.partial.name ?? to.nameOf(object),
    bytes: bytesOf(wholes) + sum(({ partial }) => partial.bytes),
    parts:
      needed.length === 0
        ? undefined
        : { ofBytes, blocks: sum(({ blocks }) => blocks), ofBlocks: sum(({ ofBlocks }) => ofBlocks) },
  };
}

/** Undefined where parts can't be had, so that all has to be brought. */
async function unlessForWhole<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!isReasonForWhole(error)) throw error;
    return undefined;
  }
}

/** All of it, or the first failure once nothing runs any more. */
async function settled(running: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(running);
  await Promise.all(running);
}

function bytesOf(objects: readonly ObjectInfo[]): number {
  return objects.reduce((sum, { bytes }) => sum + bytes, 0);
}
