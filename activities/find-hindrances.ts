/** What a campaign's scenes wait for, in words: told where none of them has come to an end for a while. */
import type { PendingStep, DatabaseDependencies } from './dependencies.js';
import type { Order, SceneRef } from '../campaigns/order.js';
import type { StepContext } from './step-context.js';

/** A step that nobody has taken for so long waits; before, it is on its way. */
const WAITS_AFTER_S = 20;
/** Sentences told at a time, and how long each may be: they travel through the campaign's history. */
const MOST = 4;
const LONGEST = 300;

/** @returns nothing where every scene is at work. */
export async function findHindrances(
  _context: StepContext,
  dependencies: DatabaseDependencies,
  order: Order,
  open: readonly Pick<SceneRef, 'obsid'>[],
  campaign: string,
): Promise<readonly string[]> {
  const ids = open.map(({ obsid }) => dependencies.temporal.sceneWorkflow(order.tables.results, obsid));
  const steps = await dependencies.temporal.pendingSteps(ids);
  const sentences = describeHindrances(steps, await dependencies.temporal.extractors(), Date.now() / 1000);
  for (const sentence of sentences) dependencies.log?.warn(`${campaign} makes no progress: ${sentence}`);
  return sentences;
}

/**
 * @param extractors how many ask for scenes to stage at the moment.
 * @param now seconds since 1970, as the times of the steps.
 */
export function describeHindrances(
  steps: readonly PendingStep[],
  extractors: number,
  now: number,
): readonly string[] {
  const waiting = steps.filter(
    ({ isWaiting, failure, scheduledAt }) =>
      isWaiting && failure === undefined && now - (scheduledAt ?? now) >= WAITS_AFTER_S,
  );
  const toStage = waiting.filter(({ step }) => step === 'stage').length;
  const onHosts = scenesBy(
    waiting.filter(({ step }) => step !== 'stage'),
    ({ step, queue }) => (queue === undefined ? step : `${step} on the queue ${queue}`),
  );
  const failing = scenesBy(
    steps.filter(({ failure }) => failure !== undefined),
    ({ step, failure }) => `${step} fails and is tried again: ${failure ?? ''}`,
  );
  const sentences = [
    ...[...failing].map(([what, { size }]) => `${scenes(size)}: ${what}`),
    ...(toStage === 0 ? [] : [`${scenes(toStage)} to be staged: ${whyNotStaged(extractors)}`]),
    ...[...onHosts].map(([what, { size }]) => `${scenes(size)}: nobody takes the step ${what}`),
  ];
  return sentences
    .slice(0, MOST)
    .map((text) => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text));
}

function whyNotStaged(extractors: number): string {
  if (extractors > 0) return `all places of the extractors that run are taken`;
  return 'no extractor asks for work: none runs (start one: parcelwise worker --role extractor), or all are full, as their logs say';
}

function scenes(count: number): string {
  return count === 1 ? '1 scene' : `${count} scenes`;
}

/** How many scenes each of the sentences is about: of one scene several chunks may be under way. */
function scenesBy(
  steps: readonly PendingStep[],
  keyOf: (step: PendingStep) => string,
): Map<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const step of steps) {
    const key = keyOf(step);
    found.set(key, (found.get(key) ?? new Set()).add(step.workflowId));
  }
  return found;
}
