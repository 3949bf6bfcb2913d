/** What the faithful mode is tried on: a made scene of each CARD type, with parcels of every odd kind. */
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { createCbmTables } from '../../database/selection/cbm-tables.js';
import type { Bench } from '../bench.js';
import { runMeasured } from '../child.js';
import { pythonProgram } from '../ground.js';

export interface Case {
  readonly name: string;
  readonly what: string;
  /** Holds `eodata/`, the bucket's content. */
  readonly folder: string;
  readonly cards: readonly string[];
  /** Bands asked for; those of the CARD type where it is left out. */
  readonly bands?: readonly string[];
  readonly aoi: string;
  readonly period: { readonly start: string; readonly end: string };
  /** The scenes that are to be extracted; all of the cards that wait where it is left out. */
  readonly obsids?: readonly number[];
  /** Whether CbM's rule of area has to be put right first: it takes the table's units for metres. */
  readonly inDegrees: boolean;
  /** Makes CbM's tables, and fills them. */
  load(pool: pg.Pool): Promise<void>;
}

export const TABLES = {
  catalogue: 'dias_catalogue',
  aois: 'aois',
  parcels: 'parcels',
  results: 'sigs',
  hists: 'hists',
};

/** The made ones in two parcel sets. */
export function madeCases(bench: Bench): Promise<Case[]> {
  return casesOf(bench, 'odd', 'make_odd.py', ['s2', 'bs', 'c6'], 2020);
}

/** A Sentinel-2 scene with all bands that indices take, whose numbers have an offset, in the same two parcel sets. */
export function numberedCases(bench: Bench): Promise<Case[]> {
  const every = bench.options.quick ? ['--every', '40'] : [];
  return casesOf(
    bench,
    every.length > 0 ? 'numbers-quick' : 'numbers',
    'make_numbers.py',
    ['s2'],
    2023,
    every,
  );
}

async function casesOf(
  bench: Bench,
  name: string,
  program: string,
  cards: readonly string[],
  year: number,
  options: readonly string[] = [],
): Promise<Case[]> {
  const folder = join(bench.folder, name);
  if (!existsSync(join(folder, 'scenes.json'))) {
    bench.say(`making small scenes and odd parcels in ${folder}`);
    await runMeasured(bench.peers.python, [pythonProgram(program), folder, ...options]);
  }
  const made = {
    folder,
    cards,
    aoi: 'odd',
    period: { start: `${year}-06-01`, end: `${year}-06-30` },
    inDegrees: false,
  };
  return [
    {
      ...made,
      name: 'made, national grid',
      what:
        'fields and odd parcels in EPSG:28992: holes, islands, several parts, overlapping ones, slivers, the smallest that count, over ' +
        "the raster's edges and beyond, no-data, bow ties, spikes",
      load: (pool) => loadMade(pool, folder, 'national', 'Geometry, 28992'),
    },
    {
      ...made,
      name: 'made, aligned',
      what: "parcels in the rasters' own CRS, with heights, whose edges run through pixel centres and along pixel borders",
      load: (pool) => loadMade(pool, folder, 'aligned', 'GeometryZ, 32631'),
    },
  ];
}

/** A square of 10.24 km, as make_odd.py has it. */
const OUTLINE = 'ST_Transform(ST_MakeEnvelope(600000, 5789780, 610240, 5800020, 32631), 4326)';

async function loadMade(pool: pg.Pool, folder: string, set: string, type: string): Promise<void> {
  await pool.query(`CREATE TABLE parcels (ogc_fid integer, wkb_geometry geometry(${type}))`);
  await createCbmTables(pool, TABLES);
  const client = await pool.connect();
  try {
    await pipeline(
      createReadStream(join(folder, `${set}.copy`)),
      client.query(copyFrom('COPY parcels FROM STDIN')),
    );
  } finally {
    client.release();
  }
  await pool.query('ALTER TABLE parcels ADD PRIMARY KEY (ogc_fid)');
  await pool.query('CREATE INDEX ON parcels USING gist (wkb_geometry)');
  await pool.query(`INSERT INTO aois (name, wkb_geometry) VALUES ('odd', ${OUTLINE})`);
  const scenes = readFileSync(join(folder, 'scenes.json'), 'utf8');
  await pool.query(
    `INSERT INTO dias_catalogue (obstime, reference, sensor, card, footprint)
     SELECT obstime, reference, substr(reference, 2, 2), card, ${OUTLINE}
     FROM json_to_recordset($1) AS s (card text, reference text, obstime timestamp)`,
    [scenes],
  );
}
