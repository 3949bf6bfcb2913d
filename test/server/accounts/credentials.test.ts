import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { credentialsOf } from '../../../server/accounts/credentials.js';

const basic = (text: string, encoding: BufferEncoding = 'utf8'): string =>
  `Basic ${Buffer.from(text, encoding).toString('base64')}`;

describe('credentials of a request', () => {
  it('are a name and a password, which may have colons, in UTF-8 or Latin-1', () => {
    const anna = { kind: 'basic', name: 'ännä', password: 'wörd: ß' };
    assert.deepEqual(credentialsOf(basic('ännä:wörd: ß')), anna);
    assert.deepEqual(credentialsOf(basic('ännä:wörd: ß', 'latin1')), anna);
    assert.deepEqual(credentialsOf(basic('anna:')), { kind: 'basic', name: 'anna', password: '' });
  });

  it('are a token of a bearer, in any case of letters', () => {
    assert.deepEqual(credentialsOf('bearer abc.d-e_f~=='), { kind: 'bearer', token: 'abc.d-e_f~==' });
  });

  it('are none where the header is missing, of another scheme or cut', () => {
    for (const header of [undefined, '', 'Basic', 'Digest abc', basic('anna'), 'Bearer a b'])
      assert.equal(credentialsOf(header), undefined, header);
  });
});
