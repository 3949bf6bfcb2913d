import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { certificateFault } from '../../store/certificate.js';
import { StoreFailure, StoreUntrusted } from '../../store/object-store.js';
import { storeError } from '../../store/s3-errors.js';

const failed = (code: string): Error => Object.assign(new Error('tls'), { code });

describe('the fault of a certificate', () => {
  it('is for a person here to mend where the authority is unknown, for the server where it is out of date', () => {
    const unknown = certificateFault(failed('SELF_SIGNED_CERT_IN_CHAIN'), 's3.example:9000');
    assert.match(unknown?.why ?? '', /certificate of s3\.example:9000 .*NODE_EXTRA_CA_CERTS/);
    assert.equal(unknown?.mayPass, false);
    const old = certificateFault(failed('CERT_HAS_EXPIRED'), 's3.example');
    assert.match(old?.why ?? '', /certificate of s3\.example has expired: .*renew/);
    assert.equal(old?.mayPass, true);
  });

  it('is none where something else went wrong', () => {
    for (const error of [failed('ECONNRESET'), new Error('cut'), undefined])
      assert.equal(certificateFault(error, 's3.example'), undefined);
  });

  it('of an S3 endpoint is told in the same words', () => {
    const place = { endpoint: 'https://s3.example', bucket: 'eodata', key: 'a/b' };
    const denied = storeError(failed('DEPTH_ZERO_SELF_SIGNED_CERT'), place, undefined);
    assert.ok(denied instanceof StoreUntrusted);
    assert.match(denied.message, /^eodata\/a\/b at https:\/\/s3\.example: .*NODE_EXTRA_CA_CERTS/);
    const old = storeError(failed('CERT_HAS_EXPIRED'), place, undefined);
    assert.ok(old instanceof StoreFailure);
    assert.match(old.message, /has expired/);
  });
});
