/** What a campaign carries through continue-as-new, and how it is shown. Plain records and arrays only. */
import type { PreparedCampaign } from '../activities/contract.js';
import type { SceneRef } from '../campaigns/order.js';
import { escapeMarkdown } from './markdown.js';
import type { OpenScene, Progress } from './messages.js';
import type { SceneOutcome } from './scene-life.js';

export interface CampaignState {
  prepared: PreparedCampaign | null;
  /** The last scene that was started: the catalogue is read on from there. */
  cursor: SceneRef | null;
  paused: boolean;
  concurrency: number;
  total: number;
  ended: Record<string, number>;
  /** Scenes found in other hands, by their ids. */
  skipped: number[];
  /** Scenes given back in this round. */
  released: number;
  /** Rounds in a row in which no scene came to an end. */
  fruitless: number;
  parcels: number;
  /** Rows stored. */
  rows: number;
  /** Rows of its scenes that stood there already; left out by workers of before. */
  stood?: number;
  /** Clear rows stored; left out while there are none. */
  clear?: number;
  /** Scenes that did not come to a good end, the latest last, for people. */
  troubles: Trouble[];
}

interface Trouble {
  readonly obsid: number;
  readonly text: string;
}

/** So many troubles are kept; the count of each status stays exact. */
const TROUBLES_KEPT = 20;

export function newCampaign(concurrency: number): CampaignState {
  return {
    prepared: null,
    cursor: null,
    paused: false,
    concurrency,
    total: 0,
    ended: {},
    skipped: [],
    released: 0,
    fruitless: 0,
    parcels: 0,
    rows: 0,
    stood: 0,
    troubles: [],
  };
}

/** Reads the catalogue from its beginning again, for the scenes that are left. */
export function beginRound(state: CampaignState): void {
  state.released = 0;
  state.cursor = null;
}

/** A scene in other hands may come free, and be ours in a later round. */
export function recordStart(state: CampaignState, { obsid }: OpenScene): void {
  state.skipped = state.skipped.filter((skipped) => skipped !== obsid);
}

export function recordSkip(state: CampaignState, scene: OpenScene, reason: string): void {
  recordStart(state, scene);
  state.skipped.push(scene.obsid);
  recordTrouble(state, scene, `skipped, ${reason}`);
}

export function recordRelease(state: CampaignState, scene: OpenScene, reason: string): void {
  state.released += 1;
  recordTrouble(state, scene, reason);
}

export function recordOutcome(state: CampaignState, scene: OpenScene, outcome: SceneOutcome): void {
  if (outcome.status === 'skipped') {
    recordSkip(state, scene, outcome.reason);
    return;
  }
  state.ended[outcome.status] = (state.ended[outcome.status] ?? 0) + 1;
  state.parcels += outcome.parcels;
  const stored = outcome.stored ?? outcome.rows;
  state.rows += stored;
  state.stood = (state.stood ?? 0) + outcome.rows - stored;
  if (outcome.clear !== undefined) state.clear = (state.clear ?? 0) + outcome.clear;
  if (outcome.status === 'extracted') forgetTrouble(state, scene);
  else recordTrouble(state, scene, `${outcome.status}, ${outcome.reason}`);
}

/** A scene's latest trouble takes the place of those before. */
function recordTrouble(state: CampaignState, scene: OpenScene, text: string): void {
  forgetTrouble(state, scene);
  state.troubles.push({ obsid: scene.obsid, text: `${scene.obsid} ${scene.reference}: ${text}` });
  state.troubles = state.troubles.slice(-TROUBLES_KEPT);
}

function forgetTrouble(state: CampaignState, { obsid }: OpenScene): void {
  state.troubles = state.troubles.filter((trouble) => trouble.obsid !== obsid);
}

export function latestTrouble({ troubles }: CampaignState): string {
  const [latest] = troubles.slice(-1);
  return latest?.text ?? '';
}

/** Scenes that came to an end, by whatever word. */
export function endedCount(state: CampaignState): number {
  return Object.values(state.ended).reduce((sum, count) => sum + count, 0);
}

function doneCount(state: CampaignState): number {
  return endedCount(state) + state.skipped.length + state.released;
}

export function progressOf(
  state: CampaignState,
  phase: Progress['phase'],
  open: readonly OpenScene[],
  hindrances: readonly string[] = [],
): Progress {
  return {
    phase,
    // Scenes that arrived meanwhile belong to the campaign too.
    total: Math.max(state.total, doneCount(state) + open.length),
    ended: state.ended,
    skipped: state.skipped.length,
    released: state.released,
    open,
    concurrency: state.concurrency,
    parcels: state.parcels,
    rows: state.rows,
    stood: state.stood ?? 0,
    ...(state.clear !== undefined && { clear: state.clear }),
    ...(hindrances.length > 0 && { hindrances }),
    warnings: state.prepared?.warnings ?? [],
    troubles: state.troubles.map(({ text }) => text),
  };
}

/** The campaign in Markdown, for the Web UI. */
export function describeCampaign(state: CampaignState, progress: Progress): string {
  const done = doneCount(state);
  const bar = progress.total === 0 ? '' : ` (${Math.floor((100 * done) / progress.total)} %)`;
  return [
    ...describeOrder(state.prepared),
    `**${progress.phase}**: ${done} of ${progress.total} scenes${bar}, ${progress.concurrency} at a time`,
    '',
    ...(progress.hindrances ?? []).map((hindrance) => `- waiting: ${escapeMarkdown(hindrance)}`),
    ...Object.entries(state.ended).map(([status, count]) => `- ${status}: ${count}`),
    ...(progress.skipped > 0 ? [`- skipped, in other hands: ${progress.skipped}`] : []),
    ...(state.released > 0 ? [`- given back to ingested: ${state.released}`] : []),
    `- parcels met: ${grouped(state.parcels)}, rows stored: ${grouped(state.rows)}`,
    ...(progress.clear ? [`- clear rows stored: ${grouped(progress.clear)}`] : []),
    ...(progress.stood ? [`- rows that stood there already: ${grouped(progress.stood)}`] : []),
    ...progress.warnings.map((warning) => `- warning: ${escapeMarkdown(warning)}`),
    ...(progress.open.length > 0 ? ['', '**In flight**', ''] : []),
    ...progress.open.map((scene) => `- ${scene.obsid} ${escapeMarkdown(scene.reference)}`),
    ...(progress.troubles.length > 0 ? ['', '**Not extracted (latest)**', ''] : []),
    ...progress.troubles.map((trouble) => `- ${escapeMarkdown(trouble)}`),
  ].join('\n');
}

/** What the campaign is about, once its order is known: it may have been started with hardly any input. */
function describeOrder(prepared: PreparedCampaign | null): string[] {
  if (prepared === null) return [];
  const { card, bands, tables, aoi, period, changedOnly, add, skipCloudy } = prepared.order;
  const only = [
    ...(changedOnly ? ['of extracted scenes only the parcels that have changed'] : []),
    ...(add ? ['of extracted scenes only what they lack'] : []),
    ...(skipCloudy ? ['without cloudy parcels'] : []),
  ];
  return [
    escapeMarkdown(
      `${card} of ${aoi.name}, ${period.start} to ${period.end}: ${[`${bands.join(', ')} into ${tables.results}`, ...only].join('; ')}`,
    ),
    '',
  ];
}

/** 12,345 */
function grouped(count: number): string {
  return count.toLocaleString('en');
}
