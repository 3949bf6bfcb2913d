import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { objectVersions } from '../../../activities/host/object-versions.js';

describe('versions of objects', () => {
  it('are kept by key, with ETag and bytes, without what opens an address', () => {
    assert.deepEqual(
      objectVersions([
        { key: 'Sentinel-2/T31UFS_B04.jp2', etag: 'a1-2', bytes: 12 },
        { key: 'https://user:word@host.example/B08.tif?sig=secret#x', bytes: 7 },
      ]),
      { 'Sentinel-2/T31UFS_B04.jp2': { 'a1-2': 12 }, 'https://host.example/B08.tif': { '': 7 } },
    );
  });
});
