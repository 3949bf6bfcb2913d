/** A scratch disk without room: said in words that name the folder, what is needed and what there is. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { asFailure } from '../../../activities/failures.js';
import { onScratch, requireSpace, ScratchFull } from '../../../activities/host/scratch-space.js';
import { run } from '../../../stack/tools.js';
import { Scratch } from '../../../extraction/scratch/scratch.js';
import { DiskFull } from '../../../store/object-store.js';

const scenes = { forget: () => Promise.resolve() };

describe('room on the scratch disk', () => {
  let folder: string;
  let scratch: Scratch;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-room-'));
    scratch = await Scratch.open(folder);
  });
  after(async () => {
    await scratch.close();
    await rm(folder, { recursive: true });
  });

  async function refusal(work: Promise<unknown>): Promise<string> {
    const error: unknown = await work.then(
      () => assert.fail('there was room'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof ScratchFull, String(error));
    const failure = asFailure(error);
    assert.deepEqual(
      [(failure as { type?: string }).type, (failure as { nonRetryable?: boolean }).nonRetryable],
      ['DiskFull', false],
    );
    return error.message;
  }

  it('is there, or is not with what it would take', async () => {
    await requireSpace({ scratch, scenes, reserveBytes: 1 }, 1);
    const why = await refusal(requireSpace({ scratch, scenes, reserveBytes: 5e14 }, 5e14));
    assert.match(
      why,
      /^waiting for disk space on .+parcelwise-room-.+: needs 1000000\.0 GB, has [\d.]+ [GM]B;/,
    );
  });

  it('is lacking where a download or a write ends in a full disk or a full quota, and for no other error', async () => {
    const full = (code: string) => Object.assign(new Error(`${code}: write`), { code });
    for (const error of [full('ENOSPC'), full('EDQUOT'), new DiskFull(join(folder, 'a'))])
      assert.match(await refusal(onScratch({ scratch }, () => Promise.reject(error))), /a file did not fit/);
    const other = full('EIO');
    await assert.rejects(
      onScratch({ scratch }, () => Promise.reject(other)),
      other,
    );
    assert.equal(await onScratch({ scratch }, () => Promise.resolve(3)), 3);
  });

  it('is lacking on a disk that is really full', async (test) => {
    const disk = await mkdtemp(join(tmpdir(), 'parcelwise-disk-'));
    const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'parcelwise-test', disk]).then(
      () => true,
      () => false,
    );
    try {
      if (!mounted) {
        test.skip('only root can mount a small disk');
        return;
      }
      const small = await Scratch.open(disk);
      const write = () => writeFile(join(disk, 'rows'), Buffer.alloc(2 << 20));
      assert.match(await refusal(onScratch({ scratch: small }, write)), /has 0 MB/);
      await rm(join(disk, 'rows'));
      await requireSpace({ scratch: small, scenes, reserveBytes: 1000 }, 1000);
      await small.close();
    } finally {
      if (mounted) await run('umount', ['-l', disk]);
      await rm(disk, { recursive: true });
    }
  });
});
