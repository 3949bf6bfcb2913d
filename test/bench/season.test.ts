import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { random } from '../../demo/season/random.js';
import { type Country, TILE_KM } from '../../bench/season/country.js';
import { LANE, reckon } from '../../bench/season/reckon.js';
import { type Season, simulate, thresholdFor } from '../../bench/season/season.js';
import { Skies } from '../../bench/season/sky.js';
import { fromUtm, toUtm } from '../../bench/season/utm.js';

/** A full tile of nothing but parcels, 4 km from one to the next, in the middle of the plane. */
function square(): Country {
  const [left, top] = [545, 6255];
  const across = Array.from({ length: 27 }, (_, i) => i * 4 + 1);
  const places = across.flatMap((down) => across.map((right) => ({ right, down })));
  const block = (side: number, columns: number): Uint8Array =>
    Uint8Array.from(
      places,
      ({ right, down }) => Math.floor(down / side) * columns + Math.floor(right / side),
    );
  return {
    x: Float64Array.from(places, ({ right }) => left + right),
    y: Float64Array.from(places, ({ down }) => top - down),
    tiles: [
      {
        place: (right, down) => ({ x: left + right, y: top - down }),
        parcels: Int32Array.from(places.keys()),
        ...{ ten: block(10.24, 11), twenty: block(12.8, 9) },
      },
    ],
  };
}

describe('a simulated season', () => {
  it('fetches of a clear season what holds parcels', () => {
    const season = simulate(square(), { threshold: Infinity, power: 0.3 });
    assert.ok(season.scenes > 0);
    assert.equal(season.cloudy, 0);
    assert.equal(season.clear, season.held);
    assert.equal(season.clearScenes, season.wholeScenes);
    assert.ok(season.held <= season.seen && season.held > 0.95 * season.seen);
  });

  it('fetches nothing of a season without a clear parcel', () => {
    const season = simulate(square(), { threshold: -Infinity, power: 0.3 });
    assert.equal(season.cloudy, season.observations);
    assert.equal(season.clear, 0);
    assert.equal(season.lostScenes, season.scenes);
  });

  it('finds the threshold under which so many observations are cloudy', () => {
    const country = square();
    const season = simulate(country, { power: 0, threshold: thresholdFor(country, 0, 0.38) });
    const share = season.cloudy / season.observations;
    // The threshold is taken from one parcel of this country in each pass.
    assert.ok(share > 0.2 && share < 0.6, `${share}`);
  });

  it('has larger patches where long waves are higher', () => {
    const skies = new Skies(random(1, 'test'));
    const changes = (power: number): number => {
      const sky = skies.pass(random(2, 'test'), power);
      const values = Array.from({ length: 4000 }, (_, i) => sky.at(i / 4, 30));
      const middle = [...values].sort((a, b) => a - b)[2000]!;
      return values.filter((value, i) => i > 0 && value > middle !== values[i - 1]! > middle).length;
    };
    assert.ok(changes(0) > 2 * changes(0.5));
  });

  it('knows where a place lies in UTM, to ten metres', () => {
    // By PROJ.
    for (const [longitude, latitude, zone, x, y] of [
      [12.5, 55.7, 33, 342.893, 6175.5234],
      [8.1, 57.5, 32, 446.0632, 6373.4031],
      [15.1, 55, 32, 889.9552, 6111.8224],
    ] as const) {
      const place = toUtm(longitude, latitude, zone);
      assert.ok(Math.hypot(place.x - x, place.y - y) < 0.01, JSON.stringify(place));
      const back = fromUtm({ x, y }, zone);
      assert.ok(Math.abs(back.longitude - longitude) < 1e-4 && Math.abs(back.latitude - latitude) < 1e-3);
    }
  });
});

describe('what a season takes', () => {
  const SEASON: Season = {
    ...{ scenes: 1000, wholeScenes: 0, clearScenes: 0, lostScenes: 0, observations: 0, cloudy: 0 },
    ...{ seen: 1000 * TILE_KM ** 2, held: 500 * TILE_KM ** 2, clear: 250 * TILE_KM ** 2 },
    classHeld: 500 * TILE_KM ** 2,
  };
  const FIGURES: Readonly<Record<string, number>> = {
    ...{ 'objects.tenMetres': 8e8, 'objects.classMap': 0, 'whole.requests': 5, 'whole.cpu': 22 },
    ...Object.fromEntries(
      ['quarter', 'twentieth', 'clouds30', 'clouds60', 'clouds90'].flatMap((name, i) => [
        [`${name}.share`, i / 5],
        [`${name}.cpu`, 2 + 4 * i],
        [`${name}.requests`, 10 * (i + 1)],
        [`${name}.ofOracle`, 1],
      ]),
    ),
  };
  const of = (method: Parameters<typeof reckon>[1]) => reckon(SEASON, method, (name) => FIGURES[name]!);

  it('is the bytes of what is fetched', () => {
    assert.ok(Math.abs(of('whole objects').bytes / 8e11 - 1) < 1e-9);
    assert.ok(Math.abs(of('only tiles with parcels').bytes / 4e11 - 1) < 1e-9);
    assert.ok(Math.abs(of('only tiles with clear parcels').bytes / 2e11 - 1) < 1e-9);
  });

  it('is CPU by a line through all cases, of tiles that are decoded', () => {
    const hours = (decoded: number): number => (1000 * 2 + decoded * 20) / 3600;
    assert.ok(Math.abs(of('whole objects').coreHours - hours(500)) < 1e-9);
    assert.ok(Math.abs(of('only tiles with parcels').coreHours - hours(500)) < 1e-9);
    assert.ok(Math.abs(of('only tiles with clear parcels').coreHours - hours(250)) < 1e-9);
  });

  it('is hours of bytes, or of requests where these take longer', () => {
    const { hours, requests } = of('only tiles with clear parcels');
    assert.equal(requests, 50_000);
    assert.ok(Math.abs(hours - 2e11 / LANE.bytesASecond / 3600) < 1e-9);
    const many = reckon(SEASON, 'only tiles with clear parcels', (name) =>
      name.endsWith('requests') ? 500 : FIGURES[name]!,
    );
    assert.ok(Math.abs(many.hours - 500_000 / 2000 / 60) < 1e-9);
    assert.ok(many.requestsAMinute > LANE.requestsAMinute);
  });
});
