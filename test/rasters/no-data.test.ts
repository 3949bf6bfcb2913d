import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { noDataOf } from '../../rasters/no-data.js';
import { PIXEL_ARRAYS, type PixelType } from '../../rasters/raster.js';
import { Unsupported } from '../../rasters/unsupported.js';

describe('a no-data value', () => {
  const floats: [string, number | undefined][] = [
    ...(['inf', 'Inf', '+inf', 'INFINITY', '1.#INF', '1.#INF00'] as const).map((text): [string, number] => [
      text,
      Infinity,
    ]),
    ...(['-inf', '-Infinity', '-1.#INF', '-1.#INF000'] as const).map((text): [string, number] => [
      text,
      -Infinity,
    ]),
    ...(
      ['nan', 'NaN', '-nan', '+nan', 'nan(ind)', '-nan(ind)', '1.#QNAN', '-1.#IND', '1.#SNAN'] as const
    ).map((text): [string, number] => [text, NaN]),
    ['-9999', -9999],
    ['  -9999.000 ', -9999],
    ['-99\0\0', -99],
    ['1e38', Math.fround(1e38)],
    ['-3.4028234663852886e+38', -3.4028234663852886e38],
    ['-3.40282e+38', Math.fround(-3.40282e38)],
    ['3.4028235e38', 3.4028234663852886e38],
    ['-1.7976931348623157e308', -Infinity],
    ['0.1', Math.fround(0.1)],
    ['-9999,5', -9999.5],
    ['-9999.0f', -9999],
    ['.5', 0.5],
    ['-99 -99', -99],
    ['nan nan', NaN],
    [`-${'1'.padEnd(309, '0')}.000000`, -Infinity],
    ['', undefined],
    [' \0', undefined],
    ['none', undefined],
  ];
  for (const [text, wanted] of floats)
    it(`of float32 pixels written '${text.replaceAll('\0', '\\0')}' is ${wanted}`, () => {
      assert.ok(Object.is(noDataOf(text, 'float32'), wanted), String(noDataOf(text, 'float32')));
    });

  it('keeps its digits in double precision', () => {
    assert.equal(noDataOf('-1.7976931348623157e308', 'float64'), -Number.MAX_VALUE);
    assert.equal(noDataOf('0.1', 'float64'), 0.1);
  });

  it('is none where the type has no such number, one beyond its ends', () => {
    const ends: Partial<Record<PixelType, [number, number]>> = {
      ...{ uint8: [0, 255], int8: [-128, 127], uint16: [0, 65535], int16: [-32768, 32767] },
      ...{ uint32: [0, 4294967295], int32: [-2147483648, 2147483647] },
    };
    for (const [type, [least, most]] of Object.entries(ends) as [PixelType, [number, number]][]) {
      for (const value of [least, most]) {
        assert.equal(noDataOf(String(value), type), value);
        assert.equal(PIXEL_ARRAYS[type].of(value)[0], value);
      }
      for (const text of [least - 1, most + 1, '1.5', 'nan', 'inf', '-inf', '1e38'].map(String))
        assert.equal(noDataOf(text, type), undefined, `${type} ${text}`);
    }
    assert.equal(noDataOf('255.0', 'uint8'), 255);
    assert.equal(noDataOf('2.55e2', 'uint8'), 255);
  });

  for (const text of [
    'abc',
    '-9999 foo',
    '0xff',
    '1d3',
    '-99 -98',
    '--1',
    '1.2.3',
    '{1}',
    'nano',
    '9'.repeat(401),
  ])
    it(`written '${text.slice(0, 12)}' is refused: what is meant can't be known`, () => {
      assert.throws(() => noDataOf(text, 'float32'), Unsupported);
    });

  it('of any length is judged at once', () => {
    const started = performance.now();
    assert.throws(() => noDataOf('1'.repeat(5_000_000), 'float32'), Unsupported);
    assert.throws(() => noDataOf(' 1'.repeat(2_500_000), 'float32'), Unsupported);
    assert.ok(performance.now() - started < 1000);
  });
});
