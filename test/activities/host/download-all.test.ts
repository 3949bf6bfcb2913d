/** The objects of a scene, brought together. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { downloadAll } from '../../../activities/host/download-all.js';
import type { DownloadOptions, ObjectInfo, ObjectStore } from '../../../store/object-store.js';

const B04 = { key: 'B04.jp2', bytes: 100 };
const B08 = { key: 'B08.jp2', bytes: 200 };
const PATHS = new Map([
  [B04, '/scratch/B04.jp2'],
  [B08, '/scratch/B08.jp2'],
]);
const NEVER = new AbortController().signal;

function storeThat(download: (object: ObjectInfo, options: DownloadOptions) => Promise<void>): ObjectStore {
  return {
    download: (object: ObjectInfo, _path: string, options: DownloadOptions) => download(object, options),
  } as unknown as ObjectStore;
}

describe('bring', () => {
  it('tells of what has arrived of each object', async () => {
    const told: string[] = [];
    const halves = storeThat(async ({ bytes }, { onProgress }) => {
      onProgress?.(bytes / 2, bytes);
      await sleep(1);
      onProgress?.(bytes, bytes);
    });
    await downloadAll(halves, PATHS, NEVER, ({ object, bytes }) => told.push(`${object.key} ${bytes}`));
    assert.deepEqual(told, ['B04.jp2 50', 'B08.jp2 100', 'B04.jp2 100', 'B08.jp2 200']);
  });

  it('ends the others when one fails, and tells of it when none writes any more', async () => {
    let writing = 0;
    const store = storeThat(async ({ key }, { signal }) => {
      if (key === B04.key) throw new Error('B04.jp2: denied');
      writing += 1;
      await sleep(60_000, undefined, { signal: signal! }).catch(() => sleep(20));
      writing -= 1;
      signal?.throwIfAborted();
    });
    await assert.rejects(
      downloadAll(store, PATHS, NEVER, () => undefined),
      /B04.jp2: denied/,
    );
    assert.equal(writing, 0);
  });

  it('ends with the reason of who cancels it', async () => {
    const leaving = new AbortController();
    const store = storeThat(async (_object, { signal }) => {
      await sleep(60_000, undefined, { signal: signal! });
    });
    const brought = downloadAll(store, PATHS, leaving.signal, () => undefined);
    leaving.abort(new Error('the campaign is cancelled'));
    await assert.rejects(brought, /the campaign is cancelled/);
  });
});
