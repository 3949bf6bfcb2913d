import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { CopiedRows } from '../../../database/reads/copied-rows.js';
import type { ExportedScene } from '../../../database/reads/exported-scenes.js';
import {
  copySeries,
  readTogether,
  type ScenePart,
  SERIES_ROWS,
  type SeriesRows,
} from '../../../database/reads/series-rows.js';
import { createDatabase, skipWithoutServer, type TestDatabase } from '../database.js';

const ROWS: SeriesRows = {
  ...{ columns: ['r.pid', 'r.obsid', 'f.micros'], from: 'sigs', byDay: false },
  orderBy: ['r.pid', 'f.micros', 'r.obsid', 'r.band::text COLLATE "C"'],
};

/** The higher its id, the earlier the scene. */
function scene(obsid: number, part: number, rows: number | null = 10): ScenePart {
  return { part, scene: { obsid, micros: String(1000 - obsid), card: 's2', rows } as ExportedScene };
}

describe('the parts of series that are read together', () => {
  const ids = (groups: readonly (readonly ScenePart[])[]): number[][] =>
    groups.map((group) => group.map(({ scene: { obsid } }) => obsid));

  it('are all but the large ones, of which each is read alone', () => {
    const parts = [scene(1, 0, 50), scene(2, 0, 50), scene(3, 1, 99), scene(4, 2, 100), scene(5, 3, 1)];
    assert.deepEqual(ids(readTogether(ROWS, parts, 100)), [[1, 2], [3, 5], [4]]);
  });

  it('are large by a million rows a scene where nobody counted', () => {
    const parts = [scene(1, 0, null), scene(2, 1, 10)];
    assert.deepEqual(ids(readTogether(ROWS, parts, 1_000_000)), [[1], [2]]);
    assert.deepEqual(ids(readTogether(ROWS, parts, 1_000_001)), [[1, 2]]);
  });

  it('are all of them where views choose the rows', () => {
    const parts = [scene(1, 0, 100), scene(2, 1, 100)];
    assert.deepEqual(ids(readTogether({ ...ROWS, byDay: true }, parts, 100)), [[1, 2]]);
    assert.deepEqual(ids(readTogether({ ...ROWS, observations: 'o' }, parts, 100)), [[1, 2]]);
  });
});

describe('rows of series', { skip: skipWithoutServer }, () => {
  let database: TestDatabase;
  before(async () => {
    database = await createDatabase();
    await database.pool.query(`
      CREATE TABLE sigs (pid integer, obsid integer, band char(3));
      INSERT INTO sigs SELECT pid, obsid, 'B4' FROM generate_series(1, 500) AS pid, generate_series(1, 4) AS obsid;
      CREATE INDEX ON sigs (pid);
      ANALYZE sigs`);
  });
  after(() => database.drop());

  const planOf = async (scenes: readonly ScenePart[]): Promise<string> => {
    const client = await database.pool.connect();
    try {
      await client.query('BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off');
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${SERIES_ROWS(ROWS, scenes)}`);
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  };

  it('come in the order of the index by parcel, and are not all sorted before the first is sent', async () => {
    const plan = await planOf([scene(1, 7), scene(2, 7), scene(3, 7)]);
    assert.match(plan, /^Incremental Sort/);
    assert.match(plan, /Presorted Key: r\.pid/);
  });

  it('are those of the scenes, part by part, in order of parcel and time', async () => {
    for (const scenes of [
      [scene(1, 7), scene(3, 7), scene(9, 7)],
      [scene(1, 1), scene(3, 1), scene(4, 0)],
    ])
      assert.deepEqual(await copied(scenes), expected(scenes));
  });

  it('come of parts that are read one by one as they do of those that are read together', async () => {
    const large = [scene(1, 1, 20_000_000), scene(2, 1, 1), scene(4, 0, 1), scene(3, 2, 16_000_000)];
    assert.deepEqual((await copied(large)).sort(), expected(large).sort());
  });

  async function copied(scenes: readonly ScenePart[]): Promise<string[]> {
    const client = await database.pool.connect();
    try {
      const reader = new CopiedRows(['integer', 'integer', 'time'], 100);
      const lines: string[] = [];
      const take = (batches: ReturnType<CopiedRows['push']>): void => {
        for (const { part, rows, columns } of batches)
          for (let row = 0; row < rows; row++)
            lines.push([part, ...columns.map(({ values }) => values[row])].join(' '));
      };
      for await (const bytes of copySeries(client, ROWS, scenes)) take(reader.push(bytes));
      take(reader.end());
      return lines;
    } finally {
      client.release();
    }
  }

  /** Later ids first: their scenes are earlier. */
  function expected(scenes: readonly ScenePart[]): string[] {
    const parts = [...new Set(scenes.map(({ part }) => part))].sort((a, b) => a - b);
    return parts.flatMap((part) => {
      const obsids = scenes.filter((one) => one.part === part && one.scene.obsid <= 4);
      const inTime = obsids.map((one) => one.scene.obsid).sort((a, b) => b - a);
      return Array.from({ length: 500 }, (_, i) =>
        inTime.map((obsid) => `${part} ${i + 1} ${obsid} ${1000 - obsid}`),
      ).flat();
    });
  }
});
