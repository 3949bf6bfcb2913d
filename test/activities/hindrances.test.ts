/** What a campaign that makes no progress is said to wait for. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeHindrances } from '../../activities/find-hindrances.js';
import type { PendingStep } from '../../activities/dependencies.js';

const NOW = 1_000_000;

function step(name: string, other: Partial<PendingStep> = {}): PendingStep {
  return {
    workflowId: 'scene/a/1',
    step: name,
    scheduledAt: NOW - 60,
    isWaiting: true,
    attempt: 1,
    ...other,
  };
}
const told = (steps: PendingStep[], extractors = 0) => describeHindrances(steps, extractors, NOW);

describe('describeHindrances', () => {
  it('says nothing of steps at work, or on their way', () => {
    assert.deepEqual(
      told([step('stage', { isWaiting: false }), step('stage', { scheduledAt: NOW - 19 })]),
      [],
    );
    assert.equal(told([step('stage', { scheduledAt: NOW - 20 })]).length, 1);
  });

  it('tells extractors that are missing from those that are full', () => {
    const [none] = told([step('stage'), step('stage')]);
    assert.match(
      none!,
      /^2 scenes to be staged: no extractor asks for work: none runs \(start one: parcelwise worker --role extractor\), or all are full/,
    );
    const [full] = told([step('stage')], 2);
    assert.equal(full, '1 scene to be staged: all places of the extractors that run are taken');
  });

  it('names the host that nobody serves, and what fails', () => {
    const queue = 'parcelwise-host-a-0123456789ab';
    const steps = [
      step('extractAndCopyChunk', { queue }),
      step('extractAndCopyChunk', { queue, workflowId: 'scene/a/2' }),
      // Another chunk of the same scene.
      step('extractAndCopyChunk', { queue, workflowId: 'scene/a/2' }),
      step('mark', { failure: 'nothing listens there', isWaiting: false }),
    ];
    assert.deepEqual(told(steps), [
      '1 scene: mark fails and is tried again: nothing listens there',
      `2 scenes: nobody takes the step extractAndCopyChunk on the queue ${queue}`,
    ]);
  });

  it('keeps to a few sentences of some length', () => {
    const steps = Array.from({ length: 9 }, (_, i) => step('stage', { failure: `${i} ${'x'.repeat(500)}` }));
    const sentences = told(steps);
    assert.equal(sentences.length, 4);
    for (const sentence of sentences) assert.ok(sentence.length <= 301);
  });
});
