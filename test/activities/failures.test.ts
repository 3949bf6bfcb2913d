/** Every error that a step may meet, and the word under which the workflow hears of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CancelledFailure } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { FailureType } from '../../campaigns/failure-types.js';
import { asFailure, BadScene, NotStaged } from '../../activities/failures.js';
import { SceneIncomplete } from '../../cards/card.js';
import {
  DatabaseSetupError,
  ClaimLost,
  ConnectionFailed,
  ConnectionLost,
  LedgerIncomplete,
} from '../../database/session/errors.js';
import { RasterError } from '../../rasters/index.js';
import { DiskFull, ObjectMissing, StoreDenied, StoreFailure } from '../../store/object-store.js';
import { S3ConfigError } from '../../store/s3-config.js';
import { flattenError, reviveError } from '../../workers/thread-message.js';

const KEY = { results: 'public.sigs', obsid: 1 };
const OWNER = { workflowId: 'scene/public.sigs/1', runId: 'run' };
const sql = (code: string): Error => Object.assign(new Error('said PostgreSQL'), { name: 'error', code });
/** As PgBouncer says everything. */
const said = (message: string): Error => Object.assign(new Error(message), { name: 'error', code: '08P01' });

const CASES: readonly (readonly [Error, FailureType])[] = [
  [new SceneIncomplete('B04 notfound', 'there is no B04'), 'SceneIncomplete'],
  [new RasterError('B04.jp2', 'no SOC marker'), 'BadRaster'],
  [new BadScene('the bands do not show the same ground'), 'BadRaster'],
  [new ClaimLost(KEY, OWNER), 'ClaimLost'],
  [new NotStaged('not here'), 'NotStaged'],
  [new LedgerIncomplete(KEY, 1, 3), 'NotStaged'],
  [new DatabaseSetupError('there is no table', 'Create it'), 'Misconfigured'],
  [new StoreDenied('access denied'), 'Misconfigured'],
  [new S3ConfigError('s3.bucket is missing'), 'Misconfigured'],
  [new ConnectionFailed('here', 'user name or password is wrong', '28P01'), 'Misconfigured'],
  [new ConnectionFailed('here', 'there is no such database', '3D000'), 'Misconfigured'],
  [new ConnectionFailed('here', 'nothing listens there', 'ECONNREFUSED'), 'Outage'],
  [sql('42P01'), 'Misconfigured'],
  [sql('42501'), 'Misconfigured'],
  [sql('23502'), 'Misconfigured'],
  [sql('23503'), 'Misconfigured'],
  [sql('23505'), 'Misconfigured'],
  [sql('23514'), 'Misconfigured'],
  [sql('23P01'), 'Misconfigured'],
  [sql('22025'), 'Misconfigured'],
  [sql('22001'), 'Misconfigured'],
  [sql('42804'), 'Misconfigured'],
  [sql('428C9'), 'Misconfigured'],
  [sql('44000'), 'Misconfigured'],
  [sql('0A000'), 'Misconfigured'],
  [sql('P0001'), 'Misconfigured'],
  [sql('27000'), 'Misconfigured'],
  [sql('55000'), 'Misconfigured'],
  [said('unsupported startup parameter: options'), 'Misconfigured'],
  [said('transaction blocks not allowed in statement pooling mode'), 'Misconfigured'],
  [said('query_wait_timeout'), 'Outage'],
  [sql('55P03'), 'Transient'],
  [sql('55006'), 'Transient'],
  [sql('22P04'), 'Transient'],
  [sql('XX000'), 'Transient'],
  [Object.assign(sql('23503'), { schema: 'parcelwise', table: 'ledger' }), 'Transient'],
  [new ConnectionLost(31, 'and no other connection can be made'), 'Outage'],
  [sql('40001'), 'Transient'],
  [sql('40P01'), 'Transient'],
  [sql('57014'), 'Transient'],
  [sql('53100'), 'Outage'],
  [sql('53300'), 'Outage'],
  [sql('57P01'), 'Outage'],
  [sql('25006'), 'Outage'],
  [new Error('Connection terminated unexpectedly'), 'Outage'],
  [new StoreFailure('503'), 'Transient'],
  [new ObjectMissing('B04.jp2'), 'Transient'],
  [new DiskFull('/scratch'), 'DiskFull'],
  [new TypeError('our own mistake'), 'Transient'],
];

/** Temporal tries these again by itself. */
const PASSING: ReadonlySet<FailureType> = new Set<FailureType>([
  'Outage',
  'DiskFull',
  'WorkerStopped',
  'Transient',
]);

describe('asFailure', () => {
  for (const [error, type] of CASES) {
    it(`${error.name} "${error.message}" is ${type}, from a thread too`, () => {
      for (const met of [error, reviveError(flattenError(error))]) {
        const failure = asFailure(met);
        assert.ok(failure instanceof ApplicationFailure);
        assert.deepEqual(
          [failure.type, failure.nonRetryable, failure.cause],
          [type, !PASSING.has(type), undefined],
        );
        // What PostgreSQL refuses gets its remedy, all else is told as it is.
        if (type === 'Misconfigured' && 'code' in error) assert.match(failure.message, /\w\S*\. [A-Z]\w/);
        else assert.equal(failure.message, error.message);
      }
    });
  }

  it('hands the status word on', () => {
    const failure = asFailure(new SceneIncomplete('B04 notfound', 'there is no B04'));
    assert.ok(failure instanceof ApplicationFailure);
    assert.deepEqual(failure.details, ['B04 notfound']);
  });

  it('leaves cancellations and failures that have a type as they are', () => {
    for (const error of [
      new CancelledFailure('CANCELLED'),
      ApplicationFailure.nonRetryable('no', 'Misconfigured'),
    ])
      assert.equal(asFailure(error), error);
  });

  it('takes whatever is thrown', () => {
    assert.equal(asFailure('a word').message, 'a word');
  });
});
