import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { tellOrbits } from '../../../campaigns/tell-orbits.js';
import { CARD_TYPES } from '../../../cards/card-types.js';
import type { SyncTarget } from '../../../database/selection/check.js';
import { keepOrbits, knownOrbit } from '../../../database/scenes/orbits.js';
import { enterScenes } from '../../../database/scenes/products.js';
import { query } from '../../../database/session/session.js';
import { sceneFacts } from '../../../stac/scene-facts.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';
import { makeSyncedSeason } from '../season.js';

const OPTICAL = 'S2A_MSIL2A_20240302T105619_N0510_R094_T31UES_20240302T150000.SAFE';
const RADAR = 'S1A_IW_GRDH_1SDV_20240206T041137_20240206T041202_052433_06574A_9703_CARD_BS';
/** The season's footprints lie around 3 degrees east. */
const ITEM = {
  type: 'Feature',
  id: OPTICAL.replace('.SAFE', ''),
  geometry: {
    type: 'Polygon',
    coordinates: [
      [
        [2.9, 50.8],
        [3.2, 50.8],
        [3.2, 51.1],
        [2.9, 51.1],
        [2.9, 50.8],
      ],
    ],
  },
};

describe('orbits of scenes', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  let target: SyncTarget;
  before(async () => {
    database = await createDatabase();
    target = await makeSyncedSeason(database.pool);
  });
  beforeEach(async () => {
    await database.pool.query('DELETE FROM parcelwise.orbit; DELETE FROM dias_catalogue WHERE id > 100');
    await database.pool.query(`UPDATE dias_catalogue SET reference = 'SCENE_' || id`);
  });
  after(() => database.drop());

  const call = (obsid: number, reference: string) =>
    database.pool.query('UPDATE dias_catalogue SET reference = $2 WHERE id = $1', [obsid, reference]);
  /** Relative orbit and pass, each behind its source. */
  const orbit = async (obsid: number, reference: string): Promise<unknown[]> => {
    const found = await knownOrbit(database.pool, target.catalogue, { obsid, reference });
    return [found?.relativeBy, found?.relative, found?.passBy, found?.pass];
  };
  async function enter(
    properties: Readonly<Record<string, unknown>>,
    source = 'https://one.example',
  ): Promise<void> {
    const reading = sceneFacts({ ...ITEM, properties }, CARD_TYPES);
    assert.ok('scene' in reading);
    await enterScenes(database.pool, target, source, [reading.scene]);
  }
  const stored = async () =>
    (
      await query(
        database.pool,
        `SELECT relative_orbit AS relative, relative_by, pass, pass_by, contradictions, o.source FROM parcelwise.orbit o
         WHERE reference = $1`,
        [OPTICAL],
      )
    )[0];

  it('follow from names, for scenes that anybody has entered', async () => {
    await call(1, OPTICAL);
    await call(4, RADAR);
    await tellOrbits(database.pool, target.catalogue);
    assert.deepEqual(await orbit(1, OPTICAL), ['name', 94, 'mission', 'descending']);
    // 04:11 UTC is early morning at 3 degrees east.
    assert.deepEqual(await orbit(4, RADAR), ['name', 36, 'time', 'descending']);
    assert.deepEqual(await orbit(2, 'SCENE_2'), [null, null, null, null]);
  });

  it('are told once, and again for an id that means another scene', async () => {
    await call(1, OPTICAL);
    await tellOrbits(database.pool, target.catalogue);
    const lines = () => query(database.pool, 'SELECT xmin::text, * FROM parcelwise.orbit ORDER BY obsid');
    const before = await lines();
    assert.equal(before.length, 7);
    await tellOrbits(database.pool, target.catalogue);
    assert.deepEqual(await lines(), before);
    const another = OPTICAL.replace('R094', 'R051');
    await call(1, another);
    assert.deepEqual(await orbit(1, another), [undefined, undefined, undefined, undefined]);
    await tellOrbits(database.pool, target.catalogue, [another]);
    assert.deepEqual(await orbit(1, another), ['name', 51, 'mission', 'descending']);
  });

  it('are believed of an item, and what the name says differently is kept in a sentence', async () => {
    await enter({ 'sat:relative_orbit': 51, 'sat:orbit_state': 'descending' });
    assert.deepEqual(await stored(), {
      ...{
        relative: 51,
        relative_by: 'item',
        pass: 'descending',
        pass_by: 'item',
        source: 'https://one.example',
      },
      contradictions: ['the relative orbit is 51 by the STAC item and 94 by the name; the item is believed'],
    });
  });

  it('by a name give way to an item, and stay where an item tells nothing', async () => {
    await enter({ datetime: '2024-03-02T10:56:19Z' });
    assert.equal(await stored(), undefined);
    await tellOrbits(database.pool, target.catalogue);
    const byName = { relative: 94, relative_by: 'name', pass: 'descending', pass_by: 'mission' };
    assert.deepEqual(await stored(), { ...byName, contradictions: [], source: null });
    await enter({ 'sat:relative_orbit': 'no number', 'sat:orbit_state': 'geostationary' });
    assert.deepEqual(await stored(), { ...byName, contradictions: [], source: null });
    await enter({ 'sat:relative_orbit': 94 });
    assert.deepEqual(await stored(), {
      ...{ ...byName, relative_by: 'item', contradictions: [], source: 'https://one.example' },
    });
    await tellOrbits(database.pool, target.catalogue);
    await keepOrbits(database.pool, target.catalogue, null, [
      {
        ...{ reference: OPTICAL, relative: 1, relativeBy: 'name' },
        pass: null,
        passBy: null,
        contradictions: [],
      },
    ]);
    assert.equal(((await stored()) as { relative: number }).relative, 94);
  });

  it('follow the source that told first, and no other', async () => {
    const relative = async () => ((await stored()) as { relative: number }).relative;
    await enter({ 'sat:relative_orbit': 51 });
    await enter({ 'sat:relative_orbit': 52 }, 'https://two.example');
    assert.equal(await relative(), 51);
    await enter({ 'sat:relative_orbit': 53 });
    assert.equal(await relative(), 53);
  });

  it('of a scene beyond the antimeridian are told by a part of it', async () => {
    await call(4, RADAR.replaceAll('T04', 'T18'));
    await database.pool.query(`
      INSERT INTO parcelwise.product (catalogue_table, obsid, reference, source, item, footprint)
      SELECT 'public.dias_catalogue', id, reference, 'x', 'x', ST_Multi(ST_MakeEnvelope(170, 0, 180, 1, 4326))
      FROM dias_catalogue WHERE id = 4`);
    await tellOrbits(database.pool, target.catalogue);
    // 18:11 UTC is the evening at 3 degrees east, and the morning at 175.
    assert.deepEqual((await orbit(4, RADAR.replaceAll('T04', 'T18'))).slice(2), ['time', 'descending']);
  });
});
