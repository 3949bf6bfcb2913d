/** Chips by JRC's own client, unmodified, as rasterio reads them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { hashPassword, pythonLiteral } from '../../../server/accounts/password.js';
import { Users } from '../../../server/accounts/users.js';
import { skipWithoutServer } from '../../database/database.js';
import { GRID } from '../../database/season.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { findCbmClient } from '../cbm-venv.js';
import { silent } from '../served-season.js';
import { addScenes, type ChipSeason, moreOf, pixelOf, realOf, S2, serveChips } from './chip-scenes.js';

const SESSION = fileURLToPath(new URL('../../../../test/server/fixtures/cbm_chips.py', import.meta.url));

interface Told {
  readonly files: Readonly<Record<string, object>>;
  readonly lists: readonly string[][];
  readonly radar: { readonly count: number; readonly first: number };
}

const client = skipWithoutServer === false ? await findCbmClient() : { missing: skipWithoutServer };
const folder = temporaryFolder('cbm-chips');

describe("CbM's own client and chips", { skip: 'missing' in client ? client.missing : false }, () => {
  let season: ChipSeason;
  let told: Told;
  before(async () => {
    if ('missing' in client) return;
    const { salt, key } = await hashPassword('secret');
    const users = join(folder, 'users.json');
    const anna = { salt: pythonLiteral(salt), key: pythonLiteral(key), aois: ['ms'] };
    await writeFile(users, JSON.stringify({ anna }));
    season = await serveChips(folder, { options: { accounts: { users: new Users(users, silent) } } });
    await addScenes(season, 1);
    const url = await season.app.listen({ host: '127.0.0.1', port: 0 });
    const { lon, lat } = await season.placeAt(300, 400);
    const here = join(folder, 'session');
    await mkdir(here);
    await promisify(execFile)(client.python, ['-W', 'ignore', SESSION, url, 'anna', 'secret', lon, lat], {
      cwd: here,
      timeout: 120_000,
    });
    told = JSON.parse(await readFile(join(here, 'chips.json'), 'utf8')) as Told;
  });
  after(() => season.close());

  const product = (reference: string): string => reference.replace('.SAFE', '');

  it('are what it downloads by place and by parcel', () => {
    const place = {
      ...{ crs: GRID.epsg, shape: [64, 64], nodata: 0 },
      ...{ origin: [GRID.originX + 2680, GRID.originY - 3680], first: pixelOf.B04(368, 268) },
    };
    assert.deepEqual(told.files, {
      [`${product(S2)}.B04.tif`]: place,
      [`${product(moreOf(1))}.B04.tif`]: place,
      [`${product(S2)}.B08.tif`]: {
        ...{ crs: GRID.epsg, shape: [32, 32], nodata: 0 },
        ...{ origin: [GRID.originX + 90, GRID.originY - 9590], first: pixelOf.B08(959, 9) },
      },
    });
  });

  it('are in its lists, by date', () => {
    const lists = told.lists.map((lines) =>
      lines.map((line) =>
        line
          .replace(/\/static\S+\//, '')
          .split(',')
          .slice(1),
      ),
    );
    assert.deepEqual(
      lists.toSorted((a, b) => b.length - a.length),
      [
        [
          ['dates', 'chips'],
          ['20240302T105619', `${product(S2)}.B04.tif`],
          ['20240401T105619', `${product(moreOf(1))}.B04.tif`],
        ],
        [
          ['dates', 'chips'],
          ['20240302T105619', `${product(S2)}.B08.tif`],
        ],
      ],
    );
  });

  it('are opened by rasterio at their addresses', () => {
    assert.equal(told.radar.count, 2);
    assert.ok(Math.abs(told.radar.first - 10 * Math.log10(realOf(368, 268))) < 1e-4);
  });
});
