import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { StacDenied } from '../../stac/errors.js';
import { fetchJson } from '../../stac/http.js';
import { skipWithoutOpenssl, TestAuthority } from '../store/tls.js';
import { WebServer } from '../store/web-server.js';

describe('a STAC API by https', { skip: skipWithoutOpenssl }, () => {
  it('is not asked where its authority is unknown: the host is named, and the remedy', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parcelwise-https-'));
    const authority = await TestAuthority.make(folder);
    const api = await WebServer.start(await authority.certify('IP:127.0.0.1'));
    try {
      await assert.rejects(fetchJson({ url: `${api.url}/search?token=secret` }), (error: Error) => {
        assert.ok(error instanceof StacDenied, String(error));
        assert.match(
          error.message,
          new RegExp(`certificate of ${new URL(api.url).host} .*NODE_EXTRA_CA_CERTS`),
        );
        assert.doesNotMatch(error.message, /secret/);
        return true;
      });
      assert.deepEqual(api.asked, []);
    } finally {
      await api.stop();
      await rm(folder, { recursive: true });
    }
  });
});
