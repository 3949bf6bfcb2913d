/** Exports that are cut short and started again: by a store that fails, and by a kill of the process. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { exportTo } from '../../export/export.js';
import type { Manifest } from '../../export/manifest.js';
import { FolderPlace } from '../../store/folder-place.js';
import { MAIN } from '../cli/command.js';
import { skipWithoutServer } from '../database/database.js';
import { temporaryFolder } from '../temporary-folder.js';
import { ExportedSeason, REQUEST } from './exported-season.js';

const DAYS = 12;
const PARCELS = 20_000;

/** Scenes of another tool, one a day from April on, with so many rows that a run takes a while. */
const SCENES = `
  INSERT INTO dias_catalogue (id, obstime, reference, sensor, card, status, footprint)
  SELECT 100 + day, timestamp '2024-04-01 10:56:19' + day * interval '1 day', 'DAY_' || day, sensor, card, 'extracted', footprint
  FROM dias_catalogue, generate_series(1, ${DAYS}) AS day WHERE id = 1`;
const ROWS = `
  INSERT INTO sigs (pid, obsid, band, count, mean, std, min, max, p25, p50, p75)
  SELECT pid, 100 + day, 'B04', 1, pid + day, 2, 3, 4, 5, 6, 7 FROM generate_series(1, ${PARCELS}) AS pid, generate_series(1, ${DAYS}) AS day`;

const DAILY = { by: ['day'], from: '2024-04-01' } as const;

describe('an export that is cut short', { skip: skipWithoutServer }, () => {
  const root = temporaryFolder('export-restart');
  let season: ExportedSeason;
  before(async () => {
    season = await ExportedSeason.make(root);
    await season.query(SCENES);
    await season.query(ROWS);
  });
  after(() => season.database.drop());

  /** Every row once, no file but those that the manifest tells of, nothing half. */
  async function assertWhole(folder: string): Promise<void> {
    const { files } = await season.manifestOf(folder);
    assert.deepEqual(
      await season.filesIn(folder),
      files.map(({ path }) => path),
    );
    assert.ok(!existsSync(season.pathOf(folder, '.writing')));
    assert.ok(files.every(({ pending }) => pending === undefined));
    const rows = await season.rowsIn(folder);
    assert.equal(rows.length, DAYS * PARCELS);
    const found = new Set(rows.map(({ pid, obsid }) => Number(obsid) * 1_000_000 + Number(pid)));
    assert.equal(found.size, DAYS * PARCELS);
    assert.ok(rows.every(({ pid, obsid, mean }) => Number(mean) === Number(pid) + Number(obsid) - 100));
  }

  it('goes on where a store failed, with what was finished', async () => {
    const place = await FolderPlace.open(season.pathOf('failed'));
    const put = place.put.bind(place);
    let parts = 0;
    place.put = (file, name) => {
      if (name.startsWith('series/') && ++parts === 5) return Promise.reject(new Error('the store is away'));
      return put(file, name);
    };
    await assert.rejects(
      exportTo(place, season.database.pool, { ...REQUEST, ...DAILY }),
      /the store is away/,
    );
    await place.close();
    const cut = await season.manifestOf('failed');
    assert.deepEqual([cut.made, cut.files.length], [null, 4]);
    const { written, kept } = await season.run('failed', DAILY);
    assert.deepEqual([written.files, kept], [DAYS - 4, 4]);
    await assertWhole('failed');
  });

  it('goes on after a kill', async () => {
    const folder = season.pathOf('killed');
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: '1' };
    const args = ['export', folder, '--what', 'series', '--by', 'day', '--from', '2024-04-01'];
    const options = ['--db-config', season.pathOf('db_config.json')];
    await season.writeConfig('db_config.json');
    const child = spawn(process.execPath, [MAIN, ...args, ...options], { env, stdio: 'ignore' });
    const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
    const filesOf = (): number =>
      existsSync(`${folder}/manifest.json`)
        ? (JSON.parse(readFileSync(`${folder}/manifest.json`, 'utf8')) as Manifest).files.length
        : 0;
    for (const by = Date.now() + 60_000; filesOf() < 2 && Date.now() < by && child.exitCode === null;)
      await delay(2);
    child.kill('SIGKILL');
    assert.deepEqual(await ended, [null, 'SIGKILL']);
    const standing = filesOf();
    assert.ok(standing >= 2 && standing < DAYS, `${standing} files`);
    const { kept } = await season.run('killed', DAILY);
    assert.equal(kept, standing);
    await assertWhole('killed');
  });

  it('ends when it is told to, and leaves what was there', async () => {
    await season.run('stopped', { ...DAILY, to: '2024-04-04' });
    const before = await season.manifestOf('stopped');
    const controller = new AbortController();
    const onProgress = () => {
      controller.abort(new Error('enough'));
    };
    await assert.rejects(season.run('stopped', DAILY, { signal: controller.signal, onProgress }), /enough/);
    const stopped = await season.manifestOf('stopped');
    assert.deepEqual(
      stopped.files.filter(({ pending }) => pending !== true),
      before.files,
    );
    await season.run('stopped', DAILY);
    await assertWhole('stopped');
  });

  it('writes files anew whose columns the table has outgrown', async () => {
    await season.query('ALTER TABLE sigs ADD COLUMN p05 real');
    const { written, kept } = await season.run('killed', DAILY);
    assert.deepEqual([written.files, kept], [DAYS, 0]);
    assert.ok((await season.rowsIn('killed')).every((row) => 'p05' in row));
  });
});
