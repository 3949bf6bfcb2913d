/** Items that are not as any source should write them: counted, named and left out, and the rest goes on. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readItem } from '../../activities/sources/read-items.js';
import { footprintOf } from '../../stac/footprint.js';
import { CARD_TYPES } from '../../cards/card-types.js';
import { parseProductName } from '../../cards/product-name.js';
import { cdseItem } from '../stac/items.js';

const REFERENCE = 'S2A_MSIL2A_20240301T105031_N0510_R051_T31UFU_20240301T142000.SAFE';
const RING = [
  [5.2, 52.2],
  [5.8, 52.2],
  [5.8, 52.8],
  [5.2, 52.2],
] as const;
const good = (): Record<string, unknown> =>
  structuredClone(cdseItem({ reference: REFERENCE, ring: RING })) as Record<string, unknown>;
const read = (item: unknown) => readItem({ item, address: 'https://stac.example/search' });

function sceneOf(item: unknown) {
  const reading = read(item);
  assert.ok('scene' in reading, JSON.stringify(reading));
  return reading.scene;
}
const refusalOf = (item: unknown): string | undefined => {
  const reading = read(item);
  return 'refused' in reading ? reading.refused : undefined;
};

/** Where a value stands: `['assets', 'B04_10m', 'href']`. */
type Path = readonly string[];

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, one]) => pathsOf(one, [...path, key]))];
}

function replaced(item: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const copy = structuredClone(item) as Record<string, unknown>;
  copy[key] = replaced(copy[key], rest, value);
  return copy;
}

describe('an odd item', () => {
  it('with a null in an asset, an alternate or a band loses that and nothing else', () => {
    const bands = (item: unknown) => Object.keys(sceneOf(item).product.bands);
    const all = bands(good());
    assert.ok(all.includes('B04'));
    for (const path of pathsOf(good().assets).filter(({ length }) => length > 0)) {
      const [asset] = path;
      const kept = bands(replaced(good(), ['assets', ...path], null));
      const lost = all.filter((band) => !kept.includes(band));
      assert.ok(lost.length <= 1, `${path.join('.')}: ${lost.join()}`);
      // Only what says where and what a band is makes it go.
      const isNeeded =
        path.length === 1 || path[1] === 'href' || path[1] === 'bands' || path[1] === 'eo:bands';
      if (!isNeeded) assert.deepEqual(lost, [], `${asset!}: ${path.join('.')}`);
    }
  });

  it('is refused with a word, whatever it is', () => {
    for (const item of [null, undefined, 1, 'x', [], true]) assert.equal(refusalOf(item), 'not a STAC item');
    assert.equal(refusalOf({}), 'not a product of a CARD type');
    assert.equal(refusalOf({ ...good(), geometry: null }), 'no footprint');
  });

  it('never throws, with any value in any place', () => {
    const places = pathsOf(good());
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(null, -1, 1e300, '\0', '\uD800', '', [[]], [null], { a: null }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...places), odd, fc.constantFrom(...places), odd, (one, a, other, b) => {
        const item = replaced(good(), one, a);
        const both = other.every((_, i) => typeof at(item, other.slice(0, i)) === 'object') ? other : [];
        const reading = read(
          both.length > 0 && at(item, both.slice(0, -1)) !== null ? replaced(item, both, b) : item,
        );
        if (!('scene' in reading)) return;
        const { scene } = reading;
        const text = JSON.stringify(scene);
        assert.doesNotMatch(text, /\\u0000|\\ud[89ab][0-9a-f]{2}(?!\\u)/i);
        assert.ok(
          scene.product.cloudCover === null ||
            (scene.product.cloudCover >= 0 && scene.product.cloudCover <= 100),
        );
        for (const [outer] of scene.footprint) assert.ok(outer!.length >= 4);
      }),
      { numRuns: 3_000 },
    );
  });

  it('never throws, made of anything', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        read(value);
        read({ ...good(), assets: value });
        read({ ...good(), geometry: { type: 'MultiPolygon', coordinates: value } });
        read({ ...good(), links: value, properties: value });
      }),
      { numRuns: 1_000 },
    );
  });

  it('with values that no column takes has none there', () => {
    const properties = good().properties as object;
    const scene = sceneOf({
      ...good(),
      properties: {
        ...properties,
        'eo:cloud_cover': 1e300,
        'proj:code': 'EPSG:99999999999',
        'proj:epsg': 1e20,
        created: '0000-01-01T00:00:00Z',
        's2:generation_time': '9999-12-31T23:59:59-14:00',
      },
    });
    const { cloudCover, epsg } = scene.product as typeof scene.product & { readonly epsg: unknown };
    assert.deepEqual([cloudCover, epsg], [null, 32631], "the assets' own");
    assert.notEqual(scene.product.published?.slice(0, 4), '0000');
    assert.doesNotMatch(scene.product.generated ?? '', /^[+1]/);
  });

  it('with texts of megabytes has none of these', () => {
    const long = 'x'.repeat(1 << 20);
    const scene = sceneOf({
      ...good(),
      ...{ id: long, collection: long },
      properties: { 's2:product_uri': REFERENCE, datetime: long, 's2:processing_baseline': long },
      assets: {
        B04_10m: { href: `https://a.example/${long}/B04.tif` },
        B08_10m: { href: 'https://a.example/B08.tif' },
      },
    });
    assert.deepEqual(Object.keys(scene.product.bands), ['B08']);
    assert.deepEqual([scene.product.item, scene.product.collection], [REFERENCE, null]);
    assert.ok(JSON.stringify(scene).length < 2_000);
  });
});

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (one, key) => (one as Record<string, unknown> | null | undefined)?.[key],
    value,
  );
}

describe('the time in a product name', () => {
  for (const [time, known] of [
    ...[['20240229T235959', true] as const, ['20230229T000000', false] as const],
    ...[['20240230T000000', false] as const, ['20241301T000000', false] as const],
    ...[['20240301T240000', false] as const, ['00000301T000000', false] as const],
  ])
    it(`${time} is ${known ? 'one' : 'none'}`, () => {
      assert.equal(
        parseProductName(REFERENCE.replace('20240301T105031', time), CARD_TYPES) !== undefined,
        known,
      );
    });
});

describe('a footprint', () => {
  const of = (...coordinates: unknown[]) => footprintOf({ type: 'MultiPolygon', coordinates });
  const far = RING.map(([x, y]) => [x + 10, y]);
  const point = [RING[0], RING[0], RING[0], RING[0]];
  const line = [RING[0], RING[1], RING[0], RING[1]];
  const hole = [
    ...[
      [5.6, 52.4],
      [5.7, 52.4],
      [5.7, 52.5],
      [5.6, 52.4],
    ],
  ];

  it('is what its parts cover: an empty one, a point and a line cover nothing', () => {
    const whole = [[RING], [far]];
    for (const nothing of [[], [[]], [point], [line], [[RING[0], RING[1]]]]) {
      assert.deepEqual(of([RING], nothing, [far]), whole, JSON.stringify(nothing));
      assert.deepEqual(of(nothing, [RING], [far]), whole, JSON.stringify(nothing));
      assert.equal(of(nothing), undefined);
    }
  });

  it('keeps its holes, but no empty ones', () => {
    assert.deepEqual(of([RING, hole]), [[RING, hole]]);
    for (const nothing of [[], point, line]) assert.deepEqual(of([RING, nothing, hole]), [[RING, hole]]);
  });

  it('that crosses itself covers something', () => {
    const bow = [
      [5, 52],
      [6, 53],
      [6, 52],
      [5, 53],
      [5, 52],
    ];
    assert.deepEqual(of([bow]), [[bow]]);
  });

  it('of which a part is damaged is none: nobody knows what it covers', () => {
    for (const damaged of [null, [null], [[null]], [[['5', 52]]], 'x', [[[5, 91]]]])
      assert.equal(of([RING], damaged), undefined, JSON.stringify(damaged));
  });

  it('of very many vertices is read', () => {
    const many = Array.from({ length: 300_000 }, (_, i) => [5 + Math.cos(i / 5e4), 52 + Math.sin(i / 5e4)]);
    assert.equal(of([[...many, many[0]]])?.length, 1);
  });
});
