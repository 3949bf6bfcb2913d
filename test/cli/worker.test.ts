/** A worker that can't start ends, although its connection to Temporal is open already. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { skipWithoutTemporal, temporalAddress } from '../workflows/server.js';
import { parcelwise } from './command.js';

describe('parcelwise worker', { skip: skipWithoutTemporal }, () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-worker-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('ends with 2 where there is no db_config.json', async () => {
    const env = { TEMPORAL_ADDRESS: temporalAddress! };
    const { code, err } = await parcelwise(['worker'], { cwd: folder, env });
    assert.match(err, /there is no db_config\.json/);
    assert.equal(code, 2);
  });
});
