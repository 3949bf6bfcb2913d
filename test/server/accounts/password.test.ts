import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hashPassword, isPassword, pythonBytes, pythonLiteral } from '../../../server/accounts/password.js';

describe('bytes as Python writes them', () => {
  it('are read with every escape that Python knows', () => {
    const literal = String.raw`\x00\xfF\t\n\r\\\'\"A'"\a\b\v\f\101\0\qz`;
    assert.deepEqual(
      [...pythonBytes(literal)!],
      [0, 255, 9, 10, 13, 0x5c, 0x27, 0x22, 65, 0x27, 0x22, 7, 8, 11, 12, 65, 0, 0x5c, 0x71, 0x7a],
    );
  });

  it('are none where a letter is no byte, nor where an octal number is', () => {
    assert.equal(pythonBytes('a\u20ac'), undefined);
    assert.equal(pythonBytes(String.raw`\777`), undefined);
    assert.deepEqual([...pythonBytes('\u00e9')!], [0xe9]);
  });

  it('come back as they were written', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        assert.deepEqual([...pythonBytes(pythonLiteral(bytes))!], [...bytes]);
      }),
    );
  });
});

describe('a password', () => {
  // hashlib.pbkdf2_hmac('sha256', 'geheim Ü'.encode(), bytes(range(32)), 100000), as CbM's users.py writes both.
  const salt = pythonBytes(
    String.raw`\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f`,
  )!;
  const key = pythonBytes(
    String.raw`\xd6O\x17\x07A}\x8c\xd5FA\x91A:?\xbb\xff\xbd\x0c\xafa\r\xf0\x827\x15[~\xa8\x1a;L\xa3`,
  )!;

  it("is known by CbM's hash of it, and no other is", async () => {
    assert.equal(await isPassword('geheim Ü', { salt, key }), true);
    for (const other of ['geheim U', 'geheim Ü ', '', 'Geheim Ü'])
      assert.equal(await isPassword(other, { salt, key }), false, other);
    assert.equal(await isPassword('geheim Ü', { salt, key: key.subarray(1) }), false);
  });

  it('has a salt of its own each time', async () => {
    const [one, two] = await Promise.all([hashPassword('same words'), hashPassword('same words')]);
    assert.notDeepEqual(one.key, two.key);
    assert.equal(await isPassword('same words', one), true);
  });
});
