/** The life of one scene: claim, stage, plan, extract and copy each chunk, mark, discard. */
import { ApplicationFailure, CancellationScope, isCancellation, workflowInfo } from '@temporalio/workflow';
import { type Accounts, type Chunk, NONE_UNDER_IT } from '../database/terms.js';
import type { HostActivities, SceneTask, TerminalStatus } from '../activities/contract.js';
import type { Order, SceneRef } from '../campaigns/order.js';
import { catalogue, onHost, patientCatalogue, promptCatalogue, staging } from './calls.js';
import { consequenceOf, reasonOf } from './failures.js';
import { retryThroughOutage } from './outage.js';
import { SceneBoard } from './scene-board.js';

export interface SceneInput {
  readonly order: Order;
  readonly scene: SceneRef;
  readonly campaign: string;
  /** Whether the server knows our search attributes. */
  readonly searchAttributes: boolean;
  /** Seconds without a sign of life after which a host counts as gone. */
  readonly hostSilenceSeconds: number;
}

export interface SceneOutcome {
  /** A catalogue status word, or `skipped` where the scene is in other hands. */
  readonly status: string;
  readonly reason: string;
  readonly parcels: number;
  readonly rows: number;
  /** Of which so many were stored by this run; the others stood there. Left out by workers of before, which is: all. */
  readonly stored?: number | undefined;
}

/** So many hosts may fall silent over a scene, without a chunk stored in between, before it is given back. */
const MAX_LOST_HOSTS = 3;
/** A deploy takes the staged files along, so a scene may be staged more often than that. */
const MAX_FRUITLESS_STAGINGS = 20;
/** Chunks under way at a time: while one is copied the next is extracted. */
const LANES = 4;

export async function scene(input: SceneInput): Promise<SceneOutcome> {
  const { workflowId, firstExecutionRunId } = workflowInfo();
  const { order, scene, campaign } = input;
  const wanted: SceneTask = { order, scene, campaign, owner: { workflowId, runId: firstExecutionRunId } };
  const board = new SceneBoard(scene, order, input.searchAttributes);

  board.staging();
  try {
    const claim = await retryThroughOutage(board, () =>
      promptCatalogue('take the scene, if it is ingested').claim(wanted),
    );
    if (!claim.claimed) {
      const place = claim.elsewhere === undefined ? '' : ` in ${claim.elsewhere}`;
      const owner = claim.owner ? `, owned by ${claim.owner.workflowId}${place}` : '';
      return skipped(board, `not ours to take: ${claim.status}${owner}`);
    }
    const task: SceneTask = { ...wanted, order: { ...order, bands: claim.bands } };
    const known = claim.terminal ?? claim.verdict;
    if (known) return await conclude(task, board, known);
    const renewing = order.changedOnly === true;
    if (renewing && !(await hasChanged(task, board))) return await conclude(task, board, null);
    // A scene to renew has rows, even where none of its parcels is left.
    const terminal =
      claim.parcels || renewing ? await extractOrEnd(task, board, input.hostSilenceSeconds) : NONE_UNDER_IT;
    return await conclude(task, board, terminal);
  } catch (error) {
    return await settle(wanted, board, error);
  }
}

/** Whether parcels were added or redrawn since the scene was extracted, or something of it is left to do. */
async function hasChanged(task: SceneTask, board: SceneBoard): Promise<boolean> {
  const { added, redrawn, gone, pending } = await retryThroughOutage(board, () =>
    catalogue('parcels that have changed since').renew(task),
  );
  board.note(`parcels added: ${added}, redrawn: ${redrawn}, gone: ${gone}`);
  return pending > 0;
}

/** Extracts the scene; a terminal status says why it could not be, where the scene itself is at fault. */
async function extractOrEnd(
  task: SceneTask,
  board: SceneBoard,
  silence: number,
): Promise<TerminalStatus | null> {
  try {
    await extractSomewhere(task, board, silence);
    return null;
  } catch (error) {
    const consequence = consequenceOf(error);
    if (consequence.kind !== 'mark') throw error;
    return consequence.terminal;
  }
}

/** Stages the scene on a host and extracts it there; on another host when that one is lost. */
async function extractSomewhere(task: SceneTask, board: SceneBoard, silence: number): Promise<void> {
  let badOnce = false;
  let fruitless = 0;
  let lostHosts = 0;
  for (;;) {
    let stored = 0;
    board.staging();
    const staged = await retryThroughOutage(
      board,
      () => staging(silence, `download ${task.scene.reference}`).stage(task),
      'wait-for-room',
    );
    board.stagedOn(staged.host);
    for (const sentence of staged.contradictions ?? []) board.note(sentence);
    const host = (summary: string) => onHost(staged.queue, silence, summary);
    try {
      const cleared = await extractOn(host, task, board, () => (stored += 1));
      if (!cleared) await discard(host, task);
      return;
    } catch (error) {
      if (isCancellation(error)) {
        await CancellationScope.nonCancellable(() => discard(host, task));
        throw error;
      }
      const consequence = consequenceOf(error);
      const { kind } = consequence;
      // Also where the disk is full: somebody has to make room.
      if (kind !== 'restage-host-gone' && kind !== 'restage') await discard(host, task);
      // A raster that can't be read is fetched once more: the copy may be at fault, not the product.
      const lookAgain: boolean = kind === 'mark' && !badOnce;
      // A series of deploys or lost hosts costs time, but as long as chunks are stored it comes to an end.
      fruitless = stored > 0 ? 0 : fruitless + 1;
      lostHosts = stored > 0 ? 0 : lostHosts + Number(kind === 'restage-host-gone');
      const mayMove =
        kind === 'wait-for-room' ||
        (kind === 'restage-host-gone' && lostHosts < MAX_LOST_HOSTS) ||
        (kind === 'restage' && fruitless < MAX_FRUITLESS_STAGINGS);
      if (!lookAgain && !mayMove) throw error;
      badOnce ||= lookAgain;
      board.note(`staged again after ${staged.host}: ${reasonOf(consequence)}`);
    }
  }
}

type Host = (summary: string) => HostActivities;

/** @returns whether the host has removed the staged files already. */
async function extractOn(
  host: Host,
  task: SceneTask,
  board: SceneBoard,
  onStored: () => void,
): Promise<boolean> {
  const plan = await retryThroughOutage(board, () =>
    host('which parcels, in which chunks; where one is left, its rows too').plan(task),
  );
  board.planned(plan);
  if (plan.finished) return true;
  const pending = [...plan.pending];

  const lane = async (): Promise<void> => {
    for (let chunk = pending.shift(); chunk !== undefined; chunk = pending.shift()) {
      const accounts = await extractAndCopy(host, task, board, chunk, plan.chunks);
      board.chunkStored(accounts.rows);
      onStored();
    }
  };
  // A scope of their own, so that the first lane to fail ends the others before the scene moves on.
  await CancellationScope.cancellable(async () => {
    const lanes = Array.from({ length: Math.min(LANES, pending.length) }, lane);
    try {
      await Promise.all(lanes);
    } catch (error) {
      CancellationScope.current().cancel();
      await Promise.allSettled(lanes);
      throw error;
    }
  });
  return false;
}

async function extractAndCopy(
  host: Host,
  task: SceneTask,
  board: SceneBoard,
  chunk: Chunk,
  chunks: number,
): Promise<Accounts> {
  const label = `chunk ${chunk.chunk + 1} of ${chunks}, parcels ${chunk.firstPid} to ${chunk.lastPid}`;
  const extracted = await retryThroughOutage(board, () =>
    host(`statistics of ${label}, and its rows`).extractChunk({ ...task, chunk }),
  );
  if (extracted.stored === true) return extracted;
  return await retryThroughOutage(board, () => host(`rows of ${label}`).copyChunk({ ...task, chunk }));
}

/** Scratch files that can't be removed now are swept when the host's worker starts again. */
async function discard(host: Host, task: SceneTask): Promise<void> {
  try {
    await host('remove the scratch files').discard(task);
  } catch (error) {
    if (isCancellation(error)) throw error;
  }
}

async function conclude(
  task: SceneTask,
  board: SceneBoard,
  terminal: TerminalStatus | null,
): Promise<SceneOutcome> {
  const status = terminal?.status ?? 'extracted';
  const accounts = await retryThroughOutage(board, () =>
    promptCatalogue(`as ${status}`).mark(task, terminal),
  );
  const reason = terminal?.reason ?? '';
  board.end(status, reason);
  const rows = accounts?.rows ?? 0;
  return { status, reason, parcels: accounts?.parcels ?? 0, rows, stored: accounts?.fresh ?? rows };
}

/**
 * Ends a scene that has no status word of its own: whatever happened, and even where the claim's own answer was lost, the
 * claim does not outlive the workflow.
 */
async function settle(task: SceneTask, board: SceneBoard, error: unknown): Promise<SceneOutcome> {
  if (isCancellation(error)) {
    await giveBack(task, board, 'cancelled');
    throw error;
  }
  const consequence = consequenceOf(error);
  const reason = reasonOf(consequence);
  if (consequence.kind === 'leave') return skipped(board, reason);
  await giveBack(task, board, reason);
  throw consequence.kind === 'stop-campaign'
    ? ApplicationFailure.nonRetryable(reason, 'Misconfigured')
    : ApplicationFailure.nonRetryable(`given back to ingested: ${reason}`, 'GivenBack');
}

async function giveBack(task: SceneTask, board: SceneBoard, reason: string): Promise<void> {
  await CancellationScope.nonCancellable(() => patientCatalogue('back to ingested').release(task));
  board.end('ingested', `given back: ${reason}`);
}

function skipped(board: SceneBoard, reason: string): SceneOutcome {
  board.end('skipped', reason);
  return { status: 'skipped', reason, parcels: 0, rows: 0 };
}
