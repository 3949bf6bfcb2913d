/** Real parcels and catalogues of the acceptance cases, where these are at hand (PARCELWISE_SHARED). */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { boxesMeet } from './boxes-meet.js';
import { checkSelection } from '../../database/selection/check.js';
import type { CheckedSelection } from '../../database/selection/check.js';
import { readDbConfig } from '../../database/selection/config.js';
import { copyParcels } from '../../database/parcels/parcel-copy.js';
import { countParcels, hasParcels, sceneBounds } from '../../database/parcels/parcels.js';
import { migrate } from '../../database/session/schema.js';
import { listScenes } from '../../database/scenes/scenes.js';
import { createDatabase, skipWithoutServer } from './database.js';
import type { TestDatabase } from './database.js';

const SHARED = process.env.PARCELWISE_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
const CASES = join(SHARED, 'data', 'cases');
const skip = skipWithoutServer || (existsSync(CASES) ? false : 'the acceptance cases are not here');

interface Case {
  readonly card: string;
  readonly scenes: readonly {
    readonly obsid: number;
    readonly status_before: string;
    readonly status_expected: string;
    readonly selected?: number;
    readonly crs?: string;
  }[];
  readonly transform_check: {
    readonly sql: string;
    readonly x: number;
    readonly y: number;
    readonly within: number;
  };
}

/** The case's db_config.json, its placeholders filled in as an operator would. */
function filled(folder: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'parcelwise-case-')), 'db_config.json');
  const text = readFileSync(join(folder, 'db_config.json'), 'utf8');
  writeFileSync(path, text.replace('"@PORT@"', '5432').replace(/@\w+@/g, 'x'));
  return path;
}

for (const name of skip === false ? readdirSync(CASES) : ['none']) {
  describe(`the case ${name}`, { skip }, () => {
    const folder = join(CASES, name);
    let database: TestDatabase;
    let expected: Case;
    let selection: CheckedSelection;
    before(async () => {
      expected = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as Case;
      database = await createDatabase();
      await database.pool.query(readFileSync(join(folder, 'database.sql'), 'utf8'));
      await migrate(database.pool);
      const configFile = filled(folder);
      const config = readDbConfig(configFile, {});
      rmSync(dirname(configFile), { recursive: true });
      selection = await checkSelection(database.pool, { ...config, card: expected.card });
    });
    after(() => database.drop());

    it('has the scenes to extract that are expected', async () => {
      const listed = (await listScenes(database.pool, selection, undefined, 1000)).map(({ obsid }) => obsid);
      const due = expected.scenes.filter(
        (scene) => scene.status_before === 'ingested' && scene.status_expected !== 'ingested',
      );
      assert.deepEqual(
        listed.toSorted((a, b) => a - b),
        due.map(({ obsid }) => obsid).toSorted((a, b) => a - b),
      );
    });

    it('has the parcels under each scene that are expected', async () => {
      for (const { obsid, selected, crs, status_expected: status } of expected.scenes) {
        if (status === 'no_parcels') assert.equal(await hasParcels(database.pool, selection, obsid), false);
        if (selected === undefined || crs === undefined) continue;
        assert.equal(await countParcels(database.pool, selection, obsid), selected);
        // Half a UTM zone, far beyond the domain of a national CRS: the grid must not leave a parcel out.
        const epsg = Number(crs.replace('EPSG:', ''));
        const grid = {
          epsg,
          width: 1000,
          height: 10_000,
          originX: 0,
          originY: 10_000_000,
          stepX: 1000,
          stepY: -1000,
        };
        const bounds = await sceneBounds(database.pool, selection, obsid);
        let met = 0;
        await copyParcels(database.pool, selection, grid, (_pid, minX, minY, maxX, maxY) => {
          if (boxesMeet(bounds, { minX, minY, maxX, maxY })) met++;
        });
        assert.equal(met, selected);
      }
    });

    it('is transformed by this PostGIS as by the one that made the case', async () => {
      const { sql, x, y, within } = expected.transform_check;
      const { rows } = await database.pool.query<{ st_x: number; st_y: number }>(sql);
      assert.ok(Math.hypot(rows[0]!.st_x - x, rows[0]!.st_y - y) <= within);
    });
  });
}
