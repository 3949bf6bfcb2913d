/** Follows a campaign to its end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type WorkflowHandle, WorkflowNotFoundError, type WorkflowResultType } from '@temporalio/client';
import { NamespaceNotFoundError, type Workflow } from '@temporalio/common';
import { type Progress, progressQuery } from '../workflows/messages.js';
import { FAILED } from '../terminal/exit-codes.js';
import { UserError } from '../terminal/user-error.js';
import { isAway, Outage, throughOutages } from './outage.js';
import { answered, NO_WORKER, WORKER_SILENCE_MS } from './worker-answer.js';
import type { CampaignHandle } from './campaigns.js';
import { describeRetry, hindrancesOf, untold } from './hindrances.js';

/** Each look is a question that a worker answers beside its work. */
const LOOK_EVERY_MS = 3_000;
/** Failed steps are looked for this often: they cost a question a scene in flight. */
const RETRIES_EVERY_MS = 10_000;
/** Workers dial a server that was away ever more rarely, and find it back some time after this command does. */
const WORKERS_DIAL_MS = 15_000;
/** So many of those found at a time: where a server is gone, all scenes tell of it. */
const RETRIES_TOLD = 3;

/** Who is told of a campaign that is followed. */
export interface CampaignWatcher {
  /** How far it is; the last time when it has ended. */
  show(progress: Progress): void;
  /** A sentence for people: what it waits for, steps that are tried again, a server that is away. */
  say(line: string): void;
  /** What else is true for now; an empty text when nothing is. */
  remark?(text: string): void;
  /** Progress is asked for this often; every 3 seconds where it is left out. */
  readonly everyMs?: number;
}

/**
 * Tells of a campaign's progress until it ends or `signal` aborts, which leaves it to itself. A server that is away
 * meanwhile is waited for.
 * @returns its last progress, or undefined when it was left while running.
 * @throws WorkflowFailedError when the campaign fails.
 */
export async function followCampaign(
  campaign: CampaignHandle,
  watcher: CampaignWatcher,
  signal: AbortSignal = new AbortController().signal,
): Promise<Progress | undefined> {
  const outage = outageTold(watcher);
  const progress = await toItsEnd(campaign, outage, signal, (ended) =>
    Promise.all([watch(campaign, watcher, outage, ended), tellRetries(campaign, watcher, ended)]),
  );
  if (progress) watcher.show(progress);
  return progress;
}

/**
 * Waits for a workflow's result and tells meanwhile of steps that fail and are tried again. A server that is away
 * meanwhile is waited for.
 * @returns the result, or undefined when it was left while running.
 * @internal
 */
export function followRetries<W extends Workflow>(
  handle: WorkflowHandle<W>,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<WorkflowResultType<W> | undefined> {
  const lines: Teller = { say };
  return toItsEnd(handle, outageTold(lines), signal, (ended) =>
    Promise.all([tellRetries(handle, lines, ended), tellNoWorker(handle, lines, ended)]),
  );
}

function outageTold(lines: Teller): Outage {
  return new Outage((line) => {
    lines.say(line);
  });
}

/** A workflow whose task nobody takes has no worker. */
async function tellNoWorker(handle: WorkflowHandle, bar: Teller, signal: AbortSignal): Promise<void> {
  await sleep(WORKER_SILENCE_MS, undefined, { signal }).catch(() => undefined);
  if (signal.aborted) return;
  const description = await answered(handle.describe(), undefined, signal).catch(() => undefined);
  const waiting = description?.raw.pendingWorkflowTask;
  if (waiting && !waiting.startedTime) bar.say(NO_WORKER);
}

/** Waits for the result or until `signal` aborts; `meanwhile` is told by its own signal to end. */
async function toItsEnd<W extends Workflow>(
  handle: WorkflowHandle<W>,
  outage: Outage,
  signal: AbortSignal,
  meanwhile: (ended: AbortSignal) => Promise<unknown>,
): Promise<WorkflowResultType<W> | undefined> {
  const result = throughOutages(() => resultOf(handle), outage, signal);
  const ended = result.then(
    () => true,
    () => true,
  );
  const left = new Promise<false>((resolve) => {
    const leave = (): void => {
      resolve(false);
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
  const stop = new AbortController();
  const watching = meanwhile(stop.signal);
  // Where both are due, Ctrl-C is what the person did.
  const atEnd = await Promise.race([left, ended]);
  stop.abort();
  await watching;
  return atEnd && !signal.aborted ? await result : undefined;
}

/** @throws UserError when the server knows the workflow no more; what `result` throws, of one that failed. */
async function resultOf<W extends Workflow>(handle: WorkflowHandle<W>): Promise<WorkflowResultType<W>> {
  try {
    return await handle.result();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError || error instanceof NamespaceNotFoundError)) throw error;
    throw new UserError(
      `the Temporal server knows nothing of ${handle.workflowId} any more: it was deleted there, or the server has lost its database. Start it again: what is stored stays and counts`,
      FAILED,
    );
  }
}

/** What takes lines about a workflow that goes on. */
type Teller = Pick<CampaignWatcher, 'say' | 'remark'>;

async function watch(
  handle: CampaignHandle,
  bar: CampaignWatcher,
  outage: Outage,
  signal: AbortSignal,
): Promise<void> {
  const pause = bar.everyMs ?? LOOK_EVERY_MS;
  const left = (): boolean => signal.aborted;
  let silentSince = Date.now();
  let told = false;
  let hinderedBy: readonly string[] = [];
  while (!signal.aborted) {
    try {
      const progress = await answered(handle.query(progressQuery), undefined, signal);
      bar.show(progress);
      // Told once while it lasts, and again when it comes again.
      const hindrances = progress.hindrances ?? [];
      for (const text of hindrances) if (!hinderedBy.includes(text)) bar.say(`waiting: ${text}`);
      hinderedBy = hindrances;
      outage.end();
      silentSince = Date.now();
      told = false;
    } catch (error) {
      if (left() || error instanceof WorkflowNotFoundError) return;
      if (isAway(error) || (await isSilent(handle, signal))) {
        if (left()) return;
        outage.begin();
        silentSince = Date.now();
      } else if (outage.end()) {
        silentSince = Date.now() + WORKERS_DIAL_MS;
      } else if (!told && Date.now() - silentSince >= WORKER_SILENCE_MS) {
        bar.say(NO_WORKER);
        told = true;
      }
    }
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}

/** Queries are answered by workers, descriptions by the server itself: whether even those are not. */
async function isSilent(handle: WorkflowHandle, signal: AbortSignal): Promise<boolean> {
  return await answered(handle.describe(), undefined, signal).then(
    () => false,
    (error: unknown) => signal.aborted || error instanceof UserError || isAway(error),
  );
}

/** Each failure is told once, however often it is tried. */
async function tellRetries(handle: WorkflowHandle, bar: Teller, signal: AbortSignal): Promise<void> {
  const told = new Set<string>();
  for (;;) {
    await sleep(RETRIES_EVERY_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const { retries, waiting } = await answered(hindrancesOf(handle), undefined, signal).catch(() => ({
      retries: [],
      waiting: 0,
    }));
    bar.remark?.(waiting > 0 ? `${waiting} waiting for the download quota` : '');
    const fresh = untold(retries, told);
    for (const retry of fresh.slice(0, RETRIES_TOLD)) bar.say(describeRetry(retry));
    if (fresh.length > RETRIES_TOLD) bar.say(`and ${fresh.length - RETRIES_TOLD} more like these`);
  }
}
