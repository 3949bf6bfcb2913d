import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { duration } from '../../terminal/duration.js';
import { describeProgress, ProgressBar } from '../../terminal/progress-bar.js';
import type { Progress } from '../../workflows/messages.js';

const RUNNING: Progress = {
  phase: 'running',
  total: 20,
  ended: { extracted: 3, 'B08 notfound': 1 },
  skipped: 1,
  released: 0,
  open: [{ obsid: 7, reference: 'S2' }],
  concurrency: 4,
  parcels: 100,
  rows: 1234567,
  warnings: [],
  troubles: [],
};

/** A stream that keeps what is written, a terminal or not. */
function stream(isTTY: boolean): { out: NodeJS.WriteStream; written: string[] } {
  const written: string[] = [];
  const out = { isTTY, columns: 40, write: (text: string) => written.push(text) };
  return { out: out as unknown as NodeJS.WriteStream, written };
}

describe('the progress bar', () => {
  it('counts every way a scene can end, and estimates what is left by it', () => {
    const text = describeProgress(RUNNING, 10);
    assert.match(text, /^\[#{8}-{22}\] 5 of 20 scenes, 1 in flight, 1,234,567 rows, 10 s, about 30 s left$/);
  });

  it('is full when a campaign without scenes is done, and empty before', () => {
    const none: Progress = { ...RUNNING, total: 0, ended: {}, skipped: 0, open: [] };
    assert.match(
      describeProgress({ ...none, phase: 'preparing' }, 0),
      /^\[-{30}\] 0 of 0 scenes \(preparing\)/,
    );
    assert.match(describeProgress({ ...none, phase: 'done' }, 0), /^\[#{30}\] 0 of 0 scenes \(done\)/);
  });

  it('writes durations as people do', () => {
    assert.deepEqual([59.4, 59.6, 200, 7500].map(duration), [
      '59 s',
      '1 min 0 s',
      '3 min 20 s',
      '2 h 05 min',
    ]);
  });

  it('redraws one line on a terminal, never wider than it', () => {
    const { out, written } = stream(true);
    const bar = new ProgressBar(out, 'demo');
    bar.show(RUNNING);
    bar.show(RUNNING);
    bar.end();
    assert.ok(
      written.every((text) => text === '\n' || (text.startsWith('\r\u001b[2K') && text.length <= 39 + 5)),
    );
    assert.equal(written.at(-1), '\n');
  });

  it('writes a line for each phase elsewhere, not for each look', () => {
    const { out, written } = stream(false);
    const bar = new ProgressBar(out, 'demo');
    for (let looks = 0; looks < 5; looks++) bar.show(RUNNING);
    bar.show({ ...RUNNING, phase: 'draining' });
    bar.end();
    assert.equal(written.length, 2);
    assert.ok(written.every((text) => !text.includes('\u001b')));
  });
});
