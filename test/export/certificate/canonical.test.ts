import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { canonicalJson, type Json, readableJson } from '../../../export/certificate/canonical.js';

describe('canonical JSON', () => {
  it('is that of RFC 8785: names by UTF-16 code units, numbers and strings as ECMAScript writes them', () => {
    const value = JSON.parse(
      '{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001], "string": "\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/", "literals": [null, true, false]}',
    ) as Json;
    assert.equal(
      canonicalJson(value),
      `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA'B\\"\\\\\\\\\\"/"}`,
    );
    const names = JSON.parse(
      '{"\\u20ac": 1, "\\r": 2, "\\ufb33": 3, "1": 4, "\\ud83d\\ude00": 5, "\\u0080": 6, "\\u00f6": 7}',
    ) as Json;
    assert.equal(canonicalJson(names), '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}');
  });

  it('has zero in one form, leaves out what is undefined, and refuses what JSON does not have', () => {
    assert.equal(canonicalJson([-0, 1.0, { a: undefined as unknown as Json, b: 1 }]), '[0,1,{"b":1}]');
    for (const value of [Number.NaN, Infinity]) assert.throws(() => canonicalJson([value]), RangeError);
    assert.throws(() => canonicalJson('\ud83d'), TypeError);
    assert.throws(() => canonicalJson({ '\ude00': 1 }), TypeError);
  });

  it('says the same for people as for signatures, however it was written before', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (any) => {
        const value = JSON.parse(JSON.stringify(any)) as Json;
        for (const text of [readableJson(value), canonicalJson(value), JSON.stringify(value, null, 3)])
          assert.equal(canonicalJson(JSON.parse(text) as Json), canonicalJson(value));
        assert.equal(readableJson(JSON.parse(canonicalJson(value)) as Json), readableJson(value));
      }),
    );
  });

  it('for people has a line for each member of what is longer than a line', () => {
    const long = 'x'.repeat(120);
    assert.equal(readableJson({ b: [1, long], a: {} }), `{\n "a": {},\n "b": [\n  1,\n  "${long}"\n ]\n}`);
    assert.equal(readableJson({ b: 1, a: [] }), '{"a":[],"b":1}');
  });
});
