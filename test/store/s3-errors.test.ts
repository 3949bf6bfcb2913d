/** What the store's answers mean to us. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ObjectMissing, StoreDenied } from '../../store/object-store.js';
import { storeError } from '../../store/s3-errors.js';

const NOT_FOUND = { name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } };
const PLACE = { endpoint: 'http://store/eodata', bucket: 'eodata' };

describe('a 404 of the store', () => {
  it('to the bucket itself is a wrong host or bucket, not a missing object', () => {
    const error = storeError(NOT_FOUND, { ...PLACE, key: '' }, undefined);
    assert.ok(error instanceof StoreDenied);
    assert.match(error.message, /check host and bucket/);
  });

  it('to a key is a missing object', () => {
    assert.ok(storeError(NOT_FOUND, { ...PLACE, key: 'a/b' }, undefined) instanceof ObjectMissing);
  });
});
