import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { openLog } from '../../telemetry/log.js';

describe("the worker's log", () => {
  let written: string[];
  beforeEach(() => {
    written = [];
    mock.method(process.stderr, 'write', (text: string) => written.push(text));
  });
  afterEach(() => {
    mock.restoreAll();
  });

  function levels(env: Record<string, string>): string[] {
    const log = openLog(env);
    for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level](level);
    return written.map((line) => line.trimEnd().split(' ').at(-1));
  }

  it('shows info and above where nothing is said', () => {
    assert.deepEqual(levels({}), ['info', 'warn', 'error']);
  });

  it('takes the spellings of other programs, in any case', () => {
    assert.deepEqual(levels({ PARCELWISE_LOG: 'Warning' }), ['warn', 'error']);
    written.length = 0;
    assert.deepEqual(levels({ PARCELWISE_LOG: 'ERROR' }), ['error']);
  });

  it('says what it takes where a level is unknown, and shows info and above', () => {
    const shown = levels({ PARCELWISE_LOG: 'loud' });
    assert.match(written[0]!, /PARCELWISE_LOG is "loud"; it takes debug, info, warn, error/);
    assert.deepEqual(shown.slice(1), ['info', 'warn', 'error']);
  });
});
