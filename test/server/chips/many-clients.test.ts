/** Many who ask for chips at once, and some who leave before they are made. */
import assert from 'node:assert/strict';
import { get } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Lanes } from '../../../server/chips/lanes.js';
import type { ObjectStore } from '../../../store/object-store.js';
import type { Log } from '../../../telemetry/log.js';
import { storeWith } from '../../activities/store-with.js';
import { skipWithoutServer } from '../../database/database.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { type Answer, readChip, square } from './ask.js';
import { addScenes, type ChipSeason, pixelOf, serveChips } from './chip-scenes.js';

const folder = temporaryFolder('many-clients');
const CLIENTS = 20;
/** Objects that the server reads at a time, and those of one answer. */
const AT_ONCE = 16;
const OF_ONE = 8;

/** The address of chips of scenes in April. */
async function april(
  season: ChipSeason,
  url: string,
  column: number,
  row: number,
  band = 'B04',
  [first, last]: readonly [string, string] = ['01', '30'],
): Promise<string> {
  const place = await season.placeAt(column, row);
  const days = { start_date: `2024-04-${first}`, end_date: `2024-04-${last}` };
  const query = new URLSearchParams({ ...place, ...days, band, chipsize: '100' });
  return `${url}/query/rawChipByLocation?${query.toString()}`;
}

/** Until something is so, for ten seconds. */
async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries++) {
    assert.ok(tries < 1000, 'it did not come about');
    await delay(10);
  }
}

const answerOf = async (url: string): Promise<Answer> => (await fetch(url)).json() as Promise<Answer>;

describe('Chips for many at once', { skip: skipWithoutServer }, () => {
  let season: ChipSeason;
  before(async () => {
    season = await serveChips(join(folder, 'many'));
    await addScenes(season, 3);
  });
  after(() => season.close());

  it('are right for each of them', async () => {
    const url = await season.app.listen({ host: '127.0.0.1', port: 0 });
    const places = Array.from({ length: CLIENTS }, (_, i) => ({ column: 30 + 47 * i, row: 970 - 47 * i }));
    const answers = await Promise.all(
      places.map(async ({ column, row }) => answerOf(await april(season, url, column, row))),
    );
    for (const [i, { chips }] of answers.entries()) {
      assert.equal(chips?.length, 3);
      const { column, row } = places[i]!;
      const { pixels } = await readChip(season.app, chips[i % 3]!, folder);
      assert.deepEqual([...pixels], square(pixelOf.B04, column - 5, row - 5, 10));
    }
  });
});

describe('Chips that nobody waits for any more', { skip: skipWithoutServer }, () => {
  const SCENES = 20;
  let season: ChipSeason;
  let url: string;
  /** Fetches that are under way; while `isHeld` they wait until they are aborted or it ends. */
  const under = new Set<{ readonly signal: AbortSignal | undefined }>();
  let begun = 0;
  let isHeld = false;
  const errors: string[] = [];
  const log: Log = {
    ...{ debug: () => undefined, info: () => undefined, warn: () => undefined },
    error: (message) => {
      errors.push(message);
    },
  };
  const held = (store: ObjectStore): ObjectStore =>
    storeWith(store, {
      fetch: async (object, span, file, options) => {
        const signal = options?.signal;
        signal?.throwIfAborted();
        begun += 1;
        const one = { signal };
        under.add(one);
        try {
          while (isHeld) await delay(5, undefined, signal && { signal });
          await store.fetch(object, span, file, options);
        } finally {
          under.delete(one);
        }
      },
    });
  before(async () => {
    // Nothing is kept of what was fetched, so that every chip needs its object.
    season = await serveChips(join(folder, 'few'), { changed: held, log, maxBytes: 1 });
    await addScenes(season, SCENES);
    url = await season.app.listen({ host: '127.0.0.1', port: 0 });
    for (const band of ['B04', 'B08'])
      assert.equal((await answerOf(await april(season, url, 500, 500, band))).chips?.length, SCENES);
  });
  after(() => season.close());

  async function leaving(column: number, band: string, days?: readonly [string, string]) {
    return get(await april(season, url, column, 520, band, days)).on('error', () => undefined);
  }

  it('are not made, and others get theirs', async () => {
    isHeld = true;
    const request = await leaving(520, 'B04');
    await until(() => under.size === OF_ONE);
    await delay(50);
    assert.equal(under.size, OF_ONE, 'no answer takes all lanes');
    const before = begun;
    const signals = [...under].map(({ signal }) => signal);
    request.destroy();
    await until(() => under.size === 0);
    assert.ok(signals.every((signal) => signal?.aborted === true));
    isHeld = false;
    await delay(100);
    assert.equal(begun, before, 'nothing more is fetched');
    assert.equal((await answerOf(await april(season, url, 520, 520))).chips?.length, SCENES);
    assert.deepEqual(errors, [], 'who leaves is no fault of the server');
  });

  it('free their lanes, of which there are so many', async () => {
    isHeld = true;
    const requests = [
      await leaving(300, 'B04', ['01', '08']),
      await leaving(300, 'B08', ['01', '08']),
      await leaving(300, 'B04', ['09', '16']),
    ];
    await until(() => under.size === AT_ONCE);
    await delay(50);
    assert.equal(under.size, AT_ONCE);
    for (const request of requests) request.destroy();
    await until(() => under.size === 0);
    isHeld = false;
    assert.equal((await answerOf(await april(season, url, 300, 520))).chips?.length, SCENES);
    assert.deepEqual(errors, []);
  });
});

describe('Lanes', () => {
  it('let in so many, the others in the order that they came', async () => {
    const lanes = new Lanes(2);
    const done: number[] = [];
    let running = 0;
    let most = 0;
    await Promise.all(
      [0, 1, 2, 3, 4].map((i) =>
        lanes.run(async () => {
          most = Math.max(most, (running += 1));
          await delay(1);
          running -= 1;
          done.push(i);
        }),
      ),
    );
    assert.equal(most, 2);
    assert.deepEqual(done, [0, 1, 2, 3, 4]);
  });

  it('refuse who comes when too many wait, and forget those who leave', async () => {
    const lanes = new Lanes(1, 1);
    let end = (): void => undefined;
    const first = lanes.run(() => new Promise<void>((resolve) => (end = resolve)));
    const leaving = new AbortController();
    let isRun = false;
    const second = lanes.run(() => Promise.resolve((isRun = true)), leaving.signal);
    await assert.rejects(
      lanes.run(() => Promise.resolve()),
      /Too many chips/,
    );
    leaving.abort();
    await assert.rejects(second, { name: 'AbortError' });
    const third = lanes.run(() => Promise.resolve('third'));
    end();
    await first;
    assert.equal(await third, 'third');
    assert.equal(isRun, false);
    await assert.rejects(
      lanes.run(() => Promise.resolve(), leaving.signal),
      { name: 'AbortError' },
    );
    assert.equal(await lanes.run(() => Promise.resolve('free')), 'free');
  });

  it('go on where one fails', async () => {
    const lanes = new Lanes(1);
    await assert.rejects(
      lanes.run(() => Promise.reject(new Error('failed'))),
      /failed/,
    );
    assert.equal(await lanes.run(() => Promise.resolve(1)), 1);
  });
});
