import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Position } from '../../stac/footprint.js';
import { footprintOf } from '../../stac/footprint.js';
import { CARD_TYPES } from '../../cards/card-types.js';
import { parseProductName as parseName } from '../../cards/product-name.js';
import { type SceneFacts, sceneFacts as factsBy, type StacItem } from '../../stac/scene-facts.js';
import { cdseItem, earthSearchItem } from './items.js';

const REFERENCE = 'S2C_MSIL2A_20250310T105031_N0511_R051_T31UFU_20250310T142010.SAFE';
const RING: [number, number][] = [
  [5.2, 52.2],
  [5.8, 52.2],
  [5.8, 52.8],
  [5.2, 52.8],
  [5.2, 52.2],
];

const sceneFacts = (item: unknown, address?: string) => factsBy(item, CARD_TYPES, address);
const parseProductName = (name: string) => parseName(name, CARD_TYPES);

function factsOf(item: StacItem, address?: string): SceneFacts {
  const reading = sceneFacts(item, address);
  assert.ok('scene' in reading, JSON.stringify(reading));
  return reading.scene;
}

describe('the facts of an item', () => {
  it('of Copernicus Data Space', () => {
    const { product, ...scene } = factsOf(cdseItem({ reference: REFERENCE, ring: RING, cloudCover: 33.3 }));
    assert.deepEqual(scene, {
      card: 's2',
      reference: REFERENCE,
      sensor: '2C',
      obstime: '2025-03-10T10:50:31.024',
      footprint: [[RING]],
    });
    const { bands, ...facts } = product;
    assert.deepEqual(facts, {
      item: REFERENCE.replace('.SAFE', ''),
      collection: 'sentinel-2-l2a',
      datatake: 'S2C_20250310T105031',
      tile: '31UFU',
      baseline: '05.11',
      generated: '2025-03-10T20:00:00',
      published: '2025-03-10T22:00:00',
      cloudCover: 33.3,
      epsg: 32631,
      offsetApplied: null,
    });
    assert.deepEqual(Object.keys(bands), ['B04', 'B08', 'SC']);
    assert.match(bands.B04!.href, /^s3:\/\/eodata\/.*R10m.*_B04_10m\.jp2$/);
    assert.deepEqual(
      { ...bands.B04, href: '' },
      {
        href: '',
        https: `https://zipper.example.org/${REFERENCE}/B04_10m`,
        bytes: 10_000,
        scale: 0.0001,
        offset: -0.1,
      },
    );
    assert.equal(bands.SC!.offset, undefined);
  });

  it('takes the fact that an offset is taken in of GeoTIFFs only: JPEG 2000 files are as ESA made them', () => {
    const made = earthSearchItem({ reference: REFERENCE, ring: RING });
    const esa = (file: string) => ({ href: `s3://tiles/${file}.jp2`, roles: ['data'] });
    const { red, nir, scl } = made.assets as Record<string, Record<string, unknown>>;
    const applied = { 'earthsearch:boa_offset_applied': true };
    const facts = (assets: object, properties: object = applied) =>
      factsOf({ ...made, properties: { ...made.properties, ...properties }, assets });
    const of = ({ product: { offsetApplied, bands } }: SceneFacts) => [
      offsetApplied,
      bands.B04?.offsetApplied,
      bands.B08?.offsetApplied,
    ];
    assert.deepEqual(of(facts({ red, nir, scl })), [true, true, true]);
    assert.deepEqual(of(facts({ 'red-jp2': esa('B04'), 'nir-jp2': esa('B08'), scl })), [false, false, false]);
    assert.deepEqual(of(facts({ red, 'nir-jp2': esa('B08') })), [true, true, false]);
    const typed = { ...red, href: 'https://x.example/1', type: 'image/jp2' };
    assert.deepEqual(of(facts({ red: typed, nir })), [true, false, true]);
    const lying = { ...red, href: 'https://x.example/B04.jp2', type: 'image/tiff; application=geotiff' };
    assert.deepEqual(of(facts({ red: lying })), [true, true, undefined]);
    assert.deepEqual(of(facts({ red: { ...red, ...applied }, nir }, {})), [true, true, undefined]);
    assert.deepEqual(of(facts({ red: { ...red, 'earthsearch:boa_offset_applied': false }, nir })), [
      true,
      false,
      true,
    ]);
    assert.deepEqual(of(facts({ red, nir }, { 'earthsearch:boa_offset_applied': null })), [
      ...[null, undefined, undefined],
    ]);
  });

  it("takes the item's word for the processing baseline, and the name's where it has none", () => {
    const made = earthSearchItem({ reference: REFERENCE, ring: RING });
    const baseline = (properties: object) =>
      factsOf({
        ...made,
        properties: { 's2:product_uri': REFERENCE, datetime: '2025-03-10T10:50:31Z', ...properties },
      }).product.baseline;
    assert.equal(baseline({ 's2:processing_baseline': '02.14' }), '02.14');
    assert.equal(baseline({ 'processing:version': '02.14' }), '02.14');
    for (const odd of [{}, { 'processing:version': '1.0.3' }, { 's2:processing_baseline': 5 }])
      assert.equal(
        baseline(odd),
        `${/_N(\d\d)/.exec(REFERENCE)![1]!}.${/_N\d\d(\d\d)/.exec(REFERENCE)![1]!}`,
      );
  });

  it('of Earth Search, with the same time as elsewhere', () => {
    const { product, reference, obstime } = factsOf(earthSearchItem({ reference: REFERENCE, ring: RING }));
    assert.equal(reference, REFERENCE);
    assert.equal(obstime, '2025-03-10T10:50:31');
    assert.equal(product.offsetApplied, false);
    assert.equal(product.epsg, 32631);
    assert.match(product.bands.B04!.href, /B04\.tif$/, 'the COG, not the JPEG 2000 beside it');
    assert.equal(product.bands.B04!.offset, -0.1);
    assert.match(product.bands.SC!.href, /SCL\.tif$/);
  });

  it('of Sentinel-1 CARD products, with the bands of files that hold several', () => {
    const radar = (id: string, assets: object): SceneFacts =>
      factsOf({ id, assets, geometry: { type: 'Polygon', coordinates: [RING] }, properties: {} });
    const backscatter = radar('S1A_IW_GRDH_1SDV_20240304T172431_20240304T172456_052833_0664D9_3A51_CARD_BS', {
      vv: { href: 's3://card/x.data/Gamma0_VV.img', roles: ['data'] },
      'vv-header': { href: 's3://card/x.data/Gamma0_VV.hdr', roles: ['metadata'] },
      gamma: { href: 'https://card.example/gamma0_VH.tif', nodata: -1 },
      quicklook: { href: 'https://card.example/q.png', roles: ['thumbnail'], bands: [{ name: 'VH' }] },
    });
    assert.deepEqual([backscatter.card, backscatter.sensor], ['bs', '1A']);
    assert.deepEqual(backscatter.product.bands, {
      VH: { href: 'https://card.example/gamma0_VH.tif', noData: -1 },
      VV: { href: 's3://card/x.data/Gamma0_VV.img' },
    });
    const id = 'S1A_20240306T055824_20240223T055825_DESC_CARD_COH6';
    const href = `s3://card/${id}.tif`;
    const inOrder = { VH: { href, rasterBand: 2 }, VV: { href, rasterBand: 1 } };
    const coherence = radar(id, { data: { href, roles: ['data'] } });
    assert.deepEqual([coherence.card, coherence.product.bands], ['c6', inOrder]);
    const bands = [{ name: 'coherence_VH' }, { name: 'angle' }, { name: 'coherence_VV' }];
    assert.deepEqual(radar(id, { data: { href, bands } }).product.bands, {
      VH: { href, rasterBand: 1 },
      VV: { href, rasterBand: 3 },
    });
  });

  it('has absolute addresses of relative ones', () => {
    const assets = { red: { href: './R10m/B04.jp2' } };
    const item = { ...cdseItem({ reference: REFERENCE, ring: RING }), assets, links: [] };
    assert.equal(
      factsOf(item, 'https://x.example/a/item.json').product.bands.B04?.href,
      'https://x.example/a/R10m/B04.jp2',
    );
  });

  it('keeps alternates that want no login of their own, and no-data values that say something', () => {
    const href = 'https://cogs.example.org/B04.tif';
    const of = (asset: object) =>
      factsOf({ ...cdseItem({ reference: REFERENCE, ring: RING }), assets: { red: { href, ...asset } } })
        .product.bands.B04;
    const s3 = { href: 's3://sentinel-cogs/B04.tif' };
    const behindLogin = { href: 'https://zipper.example.org/B04', 'auth:refs': ['oidc'] };
    assert.deepEqual(of({ alternate: { s3: { ...s3, 'auth:refs': ['s3'] }, https: behindLogin } }), {
      href,
      s3: s3.href,
    });
    assert.deepEqual(of({ 'raster:bands': [{ nodata: 0 }] }), { href });
    assert.deepEqual(of({ 'raster:bands': [{ nodata: 65535 }] }), { href, noData: 65535 });
    assert.deepEqual(of({ bands: [{ name: 'red', nodata: 9 }] }), { href, noData: 9 });
    for (const [nodata, noData] of [
      ['inf', 'inf'],
      ['-inf', '-inf'],
      ['-Infinity', '-inf'],
      ['-9999', -9999],
    ] as const)
      assert.deepEqual(of({ nodata }), { href, noData });
    for (const nodata of ['nan', 'NaN', '', 'none', '0', null, {}])
      assert.deepEqual(of({ nodata }), { href });
  });

  it('is refused for what is no product of ours, or has no footprint', () => {
    const item = cdseItem({ reference: REFERENCE, ring: RING });
    assert.deepEqual(
      sceneFacts({ ...item, id: 'S2A_MSIL1C_20250310T105031_N0511_R051_T31UFU_20250310T142010' }),
      {
        refused: 'not a product of a CARD type',
      },
    );
    assert.deepEqual(sceneFacts({}), { refused: 'not a product of a CARD type' });
    for (const geometry of [
      null,
      undefined,
      { type: 'Point', coordinates: [5, 52] },
      { type: 'Polygon', coordinates: [] },
    ])
      assert.deepEqual(sceneFacts({ ...item, geometry }), { refused: 'no footprint' });
  });
});

describe('a product name', () => {
  it('tells card, satellite and time', () => {
    assert.deepEqual(
      parseProductName('S1A_IW_GRDH_1SDV_20240304T172431_20240304T172456_052833_0664D9_3A51_CARD_BS'),
      {
        card: 'bs',
        reference: 'S1A_IW_GRDH_1SDV_20240304T172431_20240304T172456_052833_0664D9_3A51_CARD_BS',
        sensor: '1A',
        obstime: '2024-03-04T17:24:31',
      },
    );
    const coherence = parseProductName('S1C_20250304T172431_20250226T172431_ASC_CARD_COH6');
    assert.deepEqual(
      [coherence?.card, coherence?.sensor, coherence?.obstime],
      ['c6', '1C', '2025-03-04T17:24:31'],
    );
    assert.equal(parseProductName('S2A_33TWL_20230815_0_L2A'), undefined);
  });
});

describe('a footprint', () => {
  const box = (west: number, east: number): Position[] => [
    [west, 10],
    [east, 10],
    [east, 11],
    [west, 11],
    [west, 10],
  ];

  it('is cut where a ring jumps over the antimeridian', () => {
    const east = footprintOf({ type: 'Polygon', coordinates: [box(179, -179.5)] });
    assert.deepEqual(
      east?.map((part) => extent(part[0]!)),
      [
        [179, 180],
        [-180, -179.5],
      ],
    );
    const west = footprintOf({ type: 'Polygon', coordinates: [box(-179.5, 179)] });
    assert.deepEqual(
      west?.map((part) => extent(part[0]!)),
      [
        [179, 180],
        [-180, -179.5],
      ],
    );
  });

  it('beyond 180 degrees comes back to the map', () => {
    const parts = footprintOf({ type: 'Polygon', coordinates: [box(179, 181)] });
    assert.deepEqual(
      parts?.map((part) => extent(part[0]!)),
      [
        [179, 180],
        [-180, -179],
      ],
    );
    assert.deepEqual(
      footprintOf({ type: 'Polygon', coordinates: [box(181, 182)] })?.map(([ring]) => extent(ring!)),
      [[-179, -178]],
    );
  });

  it('keeps the parts it came in, and drops heights', () => {
    const raised = box(1, 2).map(([x, y]) => [x, y, 0]);
    const parts = footprintOf({ type: 'MultiPolygon', coordinates: [[raised], [box(3, 4)]] });
    assert.deepEqual(parts, [[box(1, 2)], [box(3, 4)]]);
  });

  it('around a pole, without area, or with what is no number is none', () => {
    const pole = [0, 90, 180, -90, 0].map((x) => [x, 85]);
    assert.equal(footprintOf({ type: 'Polygon', coordinates: [pole] }), undefined);
    assert.equal(footprintOf({ type: 'Polygon', coordinates: [box(1, 1)] }), undefined);
    assert.equal(
      footprintOf({
        type: 'Polygon',
        coordinates: [
          [
            [1, 2],
            [NaN, 3],
            [4, 5],
          ],
        ],
      }),
      undefined,
    );
  });

  function extent(ring: readonly Position[]): [number, number] {
    const x = ring.map(([longitude]) => longitude);
    return [Math.min(...x), Math.max(...x)];
  }
});

/** Real items, which lie beside the project on the machines of its founders only. */
const REAL = join(
  process.env.PARCELWISE_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url)),
  'data/stac',
);

describe('real items', { skip: existsSync(REAL) ? false : 'the real items are not here' }, () => {
  const items = existsSync(REAL)
    ? readdirSync(REAL, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.json'))
        .flatMap((name) => {
          const json = JSON.parse(readFileSync(join(REAL, name), 'utf8')) as StacItem & {
            features?: StacItem[];
          };
          return (json.features ?? [json])
            .filter(({ type }) => type === 'Feature')
            .map((item) => ({ name, item }));
        })
    : [];

  /** Made from a granule's metadata alone; nothing in them says which product it belongs to. */
  const isNameless = ({ item: { id, properties } }: (typeof items)[number]): boolean =>
    String(id).includes('_OPER_MSI_') && !/product_(uri|title)/.test(Object.keys(properties ?? {}).join());

  it('that name no product are refused', () => {
    const nameless = items.filter(isNameless);
    assert.equal(nameless.length, 4);
    for (const { item } of nameless) assert.ok('refused' in sceneFacts(item));
  });

  it('of Sentinel-2 products all give a scene with its bands', () => {
    const scenes = items.filter((one) => !one.name.includes('search_queried') && !isNameless(one));
    assert.ok(scenes.length >= 25, String(scenes.length));
    for (const { name, item } of scenes) {
      const { reference, card, sensor, obstime, footprint, product } = factsOf(item, 'https://x.example/');
      assert.equal(card, 's2', name);
      assert.match(reference, /^S2[A-C]_MSIL2A_.*\.SAFE$/, name);
      assert.match(sensor, /^2[ABC]$/);
      assert.equal(obstime.slice(0, 19).replace(/[-:]/g, ''), reference.slice(11, 26), name);
      assert.ok(product.epsg! > 32600, name);
      for (const band of ['B04', 'B08', 'SC']) assert.ok(product.bands[band], `${name} ${band}`);
      assert.match(product.bands.B04!.href, /B04(_10m)?\.(jp2|tif)$/, name);
      for (const [outer] of footprint) {
        const x = outer!.map(([longitude]) => longitude);
        assert.ok(Math.max(...x) - Math.min(...x) < 3, `${name}: a tile is not that wide`);
      }
    }
  });

  it('over the antimeridian have two parts', () => {
    const crossing = items.filter(({ name }) => name.startsWith('antimeridian'));
    for (const { name, item } of crossing) assert.equal(factsOf(item).footprint.length, 2, name);
    assert.equal(crossing.length, 4);
  });
});
