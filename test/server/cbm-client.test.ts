/** JRC's own client, unmodified, against our server: what its functions give back, and what they draw. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { hashPassword, pythonLiteral } from '../../server/accounts/password.js';
import { Users } from '../../server/accounts/users.js';
import { skipWithoutServer } from '../database/database.js';
import { DATES, fillCbmSeason, isCloudy, OFFSET, OVERLAPPED, reflectances } from './cbm-season.js';
import { findCbmClient } from './cbm-venv.js';
import { serveSeason, type ServedSeason, silent } from './served-season.js';

const SESSION = fileURLToPath(new URL('../../../test/server/fixtures/cbm_session.py', import.meta.url));
const PASSWORD = 'p&ss: wörd';
const BANDS = ['B02', 'B03', 'B04', 'B08', 'SC'];

interface Drawn {
  readonly title: string;
  readonly lines: Readonly<Record<string, number[]>>;
}
interface Told {
  readonly version: string;
  readonly options: { readonly aois: Readonly<Record<string, { readonly years: string[] }>> };
  readonly by_pid: Record<string, unknown[]>;
  readonly by_location: Record<string, unknown[]>;
  readonly by_polygon: Record<string, unknown[]>;
  readonly unknown: null;
  readonly not_allowed: null;
  readonly peers: { readonly pids: string[]; readonly distance: number[] };
  readonly s2: {
    readonly columns: string[];
    readonly first: string;
    readonly last: string;
    readonly bands: string[];
  };
  readonly bs: Told['s2'];
  readonly c6: Told['s2'];
  readonly one_band: string[];
}
type Pictures = Readonly<
  Record<
    | 'ndvi'
    | 'ndvi_raw'
    | 'ndvi_peers'
    | 'drawn_s2'
    | 'drawn_bs'
    | 'bs_peers'
    | 'drawn_c6'
    | 'weather'
    | 'parcel',
    Drawn
  >
>;

const client = skipWithoutServer === false ? await findCbmClient() : { missing: skipWithoutServer };

describe("CbM's own client", { skip: 'missing' in client ? client.missing : false }, () => {
  let season: ServedSeason;
  let folder: string;
  let told: Told & Pictures;
  before(async () => {
    if ('missing' in client) return;
    season = await serveSeason();
    folder = await mkdtemp(join(tmpdir(), 'parcelwise-cbm-'));
    const entries = await fillCbmSeason(season.database.pool);
    const { salt, key } = await hashPassword(PASSWORD);
    const users = { anna: { salt: pythonLiteral(salt), key: pythonLiteral(key), aois: ['ms'] } };
    await writeFile(join(folder, 'users.json'), JSON.stringify(users));
    const app = await season.serve(
      { accounts: { users: new Users(join(folder, 'users.json'), silent) } },
      entries,
    );
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    await promisify(execFile)(client.python, ['-W', 'ignore', SESSION, url, 'anna', PASSWORD], {
      cwd: folder,
      env: { ...process.env, MPLBACKEND: 'Agg' },
      timeout: 120_000,
    });
    told = JSON.parse(await readFile(join(folder, 'session.json'), 'utf8')) as Told & Pictures;
  });
  after(async () => {
    await season.end();
    await rm(folder, { recursive: true, force: true });
  });

  /** Dates counted from 1 that are seen, once for each scene. */
  const dates = (only: (date: number) => boolean = () => true): number[] =>
    Array.from({ length: DATES }, (_, i) => i + 1)
      .flatMap((date) => (date === OVERLAPPED ? [date, date] : [date]))
      .filter(only);
  const isClear = (date: number): boolean => !isCloudy(date);

  it('is the one that PyPI has, and shows what is served', () => {
    assert.equal(told.version, '0.0.18');
    assert.deepEqual(told.options.aois.ms?.years, ['2023', '2024']);
    assert.deepEqual(Object.keys(told.options.aois), ['ms'], 'no area of others');
  });

  it('finds a parcel by id, place and polygon, and none that is not there or not for this account', () => {
    const { geom, area, clon, clat, ...rest } = told.by_pid;
    assert.deepEqual(rest, { pid: ['P22'], cropname: ['maize'], cropcode: ['100'], srid: [31370] });
    assert.ok(
      Math.abs((area as number[])[0]! - 10_000) < 100 &&
        typeof clon?.[0] === 'number' &&
        typeof clat?.[0] === 'number',
    );
    assert.equal((JSON.parse(String(geom?.[0])) as { type: string }).type, 'Polygon');
    assert.deepEqual(told.by_location.pid, ['P22']);
    assert.deepEqual(told.by_polygon, { pid: ['P22'] });
    assert.deepEqual([told.unknown, told.not_allowed], [null, null]);
  });

  it('finds peers of the same crop, the nearest first', () => {
    assert.equal(told.peers.pids.length, 5);
    assert.ok(told.peers.pids.every((pid) => Number(pid.slice(1)) % 2 === 0 && pid !== 'P22'));
    assert.deepEqual(
      told.peers.distance,
      told.peers.distance.toSorted((a, b) => a - b),
    );
  });

  it('gets series of each kind, with times that it can read', () => {
    assert.ok(told.s2.columns.includes('date_part') && told.s2.columns.includes('hist'));
    assert.deepEqual([told.s2.first, told.s2.last], ['2024-04-02', '2024-09-01']);
    assert.deepEqual(told.s2.bands.slice(0, 5), BANDS);
    assert.equal(told.s2.bands.length, 5 * (DATES + 1), 'the overlap twice, the superseded scene not at all');
    assert.deepEqual(told.bs.bands.slice(0, 2), ['VHb', 'VVb']);
    assert.deepEqual(told.c6.bands.slice(0, 2), ['VHc', 'VVc']);
    assert.deepEqual(new Set(told.one_band), new Set(['B08']));
  });

  it('draws NDVI of clear dates as the parcel has it', () => {
    const ndvi = (only: (date: number) => boolean, offset = 0): number[] =>
      dates(only).map((date) => {
        const { red, nir } = reflectances(date);
        return (nir - red) / (nir + red + 2 * offset);
      });
    assert.match(
      told.ndvi.title,
      /^NDVI profile, parcel: 'P22', crop type: maize, year: 2024, area: \d+\.0sqm\.$/,
    );
    close(
      told.ndvi.lines['All observations'],
      ndvi(() => true),
    );
    close(told.ndvi.lines['Cloud free'], ndvi(isClear));
    close(
      told.ndvi_raw.lines['Cloud free'],
      ndvi(isClear, OFFSET),
      'raw numbers of text bands are drawn too low',
    );
  });

  it('draws bands of optical scenes', () => {
    const red = (only: (date: number) => boolean): number[] =>
      dates(only).map((date) => reflectances(date).red);
    close(
      told.drawn_s2.lines.B04,
      red(() => true),
    );
    close(told.drawn_s2.lines['B04 Cloud free'], red(isClear));
  });

  it('draws backscatter in decibels, and coherence', () => {
    const vv = 10 * Math.log10(0.05 + 0.1 * Math.sin(Math.PI / DATES));
    assert.ok(Math.abs(told.drawn_bs.lines['VV mean']![0]! - vv) < 1e-4);
    assert.equal(told.drawn_bs.lines['VH mean']?.length, 14);
    assert.ok(Math.abs(told.drawn_c6.lines['VV mean']![0]! - (0.7 - 0.4 * Math.sin(Math.PI / DATES))) < 1e-6);
  });

  it('draws a parcel among its peers, and the weather', () => {
    assert.match(told.ndvi_peers.title, /^NDVI profiles for crop type: maize/);
    assert.match(told.bs_peers.title, /^Moving average of S1 Backscattering/);
    assert.equal(told.weather.lines.Temperature?.length, 183);
  });

  it('leaves pictures', async () => {
    for (const name of [
      'ndvi',
      'ndvi_raw',
      'ndvi_peers',
      'drawn_s2',
      'drawn_bs',
      'bs_peers',
      'drawn_c6',
      'weather',
      'parcel',
    ])
      assert.ok((await readFile(join(folder, `${name}.png`))).length > 8000, name);
  });
});

function close(drawn: readonly number[] | undefined, expected: readonly number[], message?: string): void {
  assert.equal(drawn?.length, expected.length, message);
  drawn.forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]!) < 1e-4, `${message ?? ''} ${i}: ${value}, not ${expected[i]!}`);
  });
}
