/** Follows a campaign to its end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import type { campaign } from '../workflows/campaign.js';
import { type Progress, progressQuery } from '../workflows/messages.js';
import { ProgressBar } from './progress-bar.js';
import { describeRetry, hindrancesOf } from './retries.js';

/** Each look is a question that a worker answers beside its work; without a terminal hardly any answer is shown. */
const LOOK_EVERY_MS = { terminal: 1000, elsewhere: 3000 } as const;
/** A query that nobody answers for so long means that no worker polls. */
const WORKER_PATIENCE_MS = 8_000;
/** Failed steps are looked for this often: they cost a question a scene in flight. */
const RETRIES_EVERY_MS = 10_000;
/** So many of those found at a time: where a server is gone, all scenes tell of it. */
const RETRIES_TOLD = 3;

/**
 * Shows a campaign's progress until it ends or `signal` aborts.
 * @returns its last progress, or undefined when it was left while running.
 * @throws WorkflowFailedError when the campaign fails.
 */
export async function followCampaign(
  handle: WorkflowHandle<typeof campaign>,
  label: string,
  signal: AbortSignal,
): Promise<Progress | undefined> {
  const bar = new ProgressBar(process.stderr, label);
  const result = handle.result();
  const ended = result.then(
    () => true,
    () => true,
  );
  const left = new Promise<false>((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        resolve(false);
      },
      { once: true },
    );
  });
  const stop = new AbortController();
  const watching = Promise.all([watch(handle, bar, stop.signal), tellRetries(handle, bar, stop.signal)]);
  const atEnd = await Promise.race([ended, left]);
  stop.abort();
  await watching;
  try {
    if (!atEnd) return undefined;
    const progress = await result;
    bar.show(progress);
    return progress;
  } finally {
    bar.end();
  }
}

async function watch(
  handle: WorkflowHandle<typeof campaign>,
  bar: ProgressBar,
  signal: AbortSignal,
): Promise<void> {
  const pause = process.stderr.isTTY ? LOOK_EVERY_MS.terminal : LOOK_EVERY_MS.elsewhere;
  let silentSince = Date.now();
  let told = false;
  while (!signal.aborted) {
    try {
      bar.show(await within(handle.query(progressQuery), WORKER_PATIENCE_MS));
      silentSince = Date.now();
      told = false;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return;
      if (!told && Date.now() - silentSince >= WORKER_PATIENCE_MS) {
        bar.say('No worker answers on the queue parcelwise yet; start one with: parcelwise worker');
        told = true;
      }
    }
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}

/** Each failure is told once, however often it is tried. */
async function tellRetries(
  handle: WorkflowHandle<typeof campaign>,
  bar: ProgressBar,
  signal: AbortSignal,
): Promise<void> {
  const told = new Set<string>();
  for (;;) {
    await sleep(RETRIES_EVERY_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const { retries, waiting } = await within(hindrancesOf(handle), WORKER_PATIENCE_MS).catch(() => ({
      retries: [],
      waiting: 0,
    }));
    bar.remark(waiting > 0 ? `${waiting} waiting for the download quota` : '');
    const fresh = retries.filter(({ step, reason }) => !told.has(`${step} ${reason}`));
    for (const { step, reason } of fresh) told.add(`${step} ${reason}`);
    for (const retry of fresh.slice(0, RETRIES_TOLD)) bar.say(describeRetry(retry));
    if (fresh.length > RETRIES_TOLD) bar.say(`and ${fresh.length - RETRIES_TOLD} more like these`);
  }
}

function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error('no answer in time'));
    }, ms);
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}
