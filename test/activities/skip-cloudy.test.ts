/** Scenes whose cloudy parcels are left out: the rows of the others, and a reason for each that has none. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Order } from '../../campaigns/order.js';
import { audit } from '../../database/audit/index.js';
import { skipWithoutServer } from '../database/database.js';
import { CloudyScene, SLIVERS, type Stored, withoutCloudy } from './cloudy-scene.js';
import { noise } from './noise.js';
import { PARCELS } from './dependencies.js';
import { forget, RULE } from './masked-scene.js';

/** What the default rule is where a row needs but one pixel. */
const CLEAR = { ...RULE, minPixels: 1 };

describe('a scene whose cloudy parcels are left out', { skip: skipWithoutServer }, () => {
  let scene: CloudyScene;
  before(async () => {
    scene = await CloudyScene.open({
      order: {
        bands: ['B08', 'B05', 'B09', 'XYZ', 'SC'],
        indices: { XYZ: '(B08 - B05) / (B08 + B05)' },
      },
      bands: {
        B08: { step: 10, pixel: noise },
        B05: { step: 20, pixel: noise },
        B09: { step: 60, pixel: noise },
      },
    });
  });
  beforeEach(() => forget(scene.test));
  after(() => scene.test.close());

  /** The scene by an order, whole, and again without its cloudy parcels. */
  async function both(fields: Partial<Order>) {
    const all = await scene.extract(fields);
    await forget(scene.test);
    const some = await scene.extract({ ...fields, skipCloudy: true });
    assert.deepEqual((await audit(scene.test.dependencies.pool, {}, { each: 50 })).findings, []);
    return { all, some };
  }

  function areSame({ rows, clear, hists, gaps }: Stored, expected: Stored): void {
    assert.deepEqual({ rows, clear, hists, gaps }, expected);
  }

  it('has the rows of the others bit by bit, and every histogram', async () => {
    const { all, some } = await both({});
    areSame(some, withoutCloudy(all));
    assert.ok(some.rows.has('B08 20') && some.rows.has('B05 20'), 'one pixel is clear');
    assert.equal(some.gaps.get('B09 20'), 'cloudy', 'of 60 m none is');
    assert.equal(some.gaps.get('B08 18'), 'cloudy', 'nobody knows of it that it is clear');
    assert.equal(some.gaps.get('SC 18'), 'no-data', 'as without the option');
    assert.equal(some.gaps.get(`B08 ${SLIVERS.cloudy}`), 'cloudy');
    assert.equal(some.gaps.get(`B05 ${SLIVERS.cloudy}`), 'no-pixel', 'which comes before');
    assert.ok(some.rows.has(`B08 ${SLIVERS.clear}`), 'by a class that lies under no pixel of its own');
    assert.deepEqual(some.end.cloudy, { parcels: 29, of: PARCELS + 2 });
  });

  for (const [name, fields] of Object.entries<Partial<Order>>({
    'of more classes, far from them': { clear: { ...CLEAR, classes: [3, 10], widenM: 45 } },
    'that are widened until the one clear pixel is lost': { clear: { ...CLEAR, widenM: 20 } },
    'of pixels that parcels touch': { pixels: 'touched' },
    'of shares of pixels': { pixels: 'fraction' },
    'of pixels wholly inside, of parcels that shrink until some have none': {
      pixels: 'inside',
      innerBufferM: 40,
      clear: { ...CLEAR, innerBufferM: 40 },
    },
  })) {
    it(`has them by rules of its own, too: ${name}`, async () => {
      const { all, some } = await both(fields);
      const expected = withoutCloudy(all);
      areSame(some, expected);
      assert.ok(expected.rows.size < all.rows.size, 'some are left out');
      assert.ok(some.rows.has('B08 15') && some.rows.has('XYZ 15'), 'others are not');
    });
  }

  it('measures a parcel that has a clear pixel by one of two buffers', async () => {
    const { all, some } = await both({ clear: { ...CLEAR, innerBufferM: 30 } });
    // The clear pixel of parcel 20 lies in its corner.
    assert.equal(all.gaps.get('B08:clear 20'), 'cloudy');
    assert.deepEqual(some.rows.get('B08 20'), all.rows.get('B08 20'));
    assert.deepEqual([some.clear, some.hists], [all.clear, all.hists]);
    const clearGaps = ({ gaps }: Stored) => [...gaps].filter(([key]) => key.includes(':clear')).sort();
    assert.deepEqual(clearGaps(some), clearGaps(all));
  });

  it('asks the class map also where nobody asked for it, nor for clear rows', async () => {
    const { clear, ...tables } = scene.test.order.tables;
    assert.ok(clear);
    const all = withoutCloudy(await scene.extract({}));
    await forget(scene.test);
    const { rows, hists, gaps } = await scene.extract({ tables, bands: ['B08'], skipCloudy: true });
    const ofBand = <T>(found: ReadonlyMap<string, T>) =>
      [...found].filter(([key]) => key.startsWith('B08 ')).sort();
    assert.deepEqual([...rows].sort(), ofBand(all.rows));
    assert.deepEqual([...gaps].sort(), ofBand(all.gaps));
    assert.equal(hists.size, 0);
  });

  it('says by which classes, with its facts', async () => {
    await scene.extract({ skipCloudy: true });
    const { rows } = await scene.test.dependencies.pool.query<{ facts: Record<string, unknown> }>(
      'SELECT facts FROM parcelwise.extraction',
    );
    assert.deepEqual(rows[0]!.facts.skippedCloudy, {
      ...{ classes: RULE.classes, widenM: 0, parcels: 29, of: PARCELS + 2 },
    });
  });
});
