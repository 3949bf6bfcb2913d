/** What a running campaign can be asked and told. */
import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { SyncReport } from './sync-state.js';

export interface OpenScene {
  readonly obsid: number;
  readonly reference: string;
}

export interface Progress {
  /** `draining`: no further scene is started until those in flight have ended: it was cancelled, nothing would work, or a new history is due. */
  readonly phase: 'preparing' | 'running' | 'paused' | 'draining' | 'done';
  /** Scenes to do: ended, in flight, and those still `ingested` when the campaign began. */
  readonly total: number;
  /** Scenes ended, by status word. */
  readonly ended: Readonly<Record<string, number>>;
  /** Scenes that another campaign had in hand, left to it. */
  readonly skipped: number;
  /** Scenes given back to `ingested`, to be taken up by a later campaign. */
  readonly released: number;
  readonly open: readonly OpenScene[];
  readonly concurrency: number;
  /** Parcels met and rows stored so far. */
  readonly parcels: number;
  readonly rows: number;
  /** Rows of its scenes that stood there already, stored by an earlier campaign; workers of before don't tell. */
  readonly stood?: number | undefined;
  /** Clear rows stored so far; left out where there are none. */
  readonly clear?: number | undefined;
  /** What the scenes in flight wait for, where none has come to an end for a while; workers of before don't tell. */
  readonly hindrances?: readonly string[] | undefined;
  readonly warnings: readonly string[];
  /** The latest scenes that were not extracted: in other hands, given back, or ended by another word, and why. */
  readonly troubles: readonly string[];
}

export const progressQuery = defineQuery<Progress>('progress');
/** Lets running scenes finish and starts no new ones. */
export const pauseUpdate = defineUpdate<Progress>('pause');
export const resumeUpdate = defineUpdate<Progress>('resume');
/** How many scenes are in flight from now on. */
export const setConcurrencyUpdate = defineUpdate<Progress, [number]>('setConcurrency');
/** What a sync has found so far. */
export const syncQuery = defineQuery<SyncReport>('found');
