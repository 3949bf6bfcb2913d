/**
 * How long an audit takes: fills an empty database with made-up extractions (three bands and histograms each), audits it,
 * spoils three rows, and audits it again. The database is that of DATABASE_URL; it must be one to be thrown away.
 */
import { parseArgs } from 'node:util';
import type pg from 'pg';
import { audit } from '../database/audit/index.js';
import { createCbmTables } from '../database/selection/cbm-tables.js';
import { checkSelection } from '../database/selection/check.js';
import { resolveConnection } from '../database/session/connection.js';
import { parcelSetFingerprint } from '../database/parcels/fingerprint.js';
import { openPool } from '../database/session/pool.js';
import { migrate } from '../database/session/schema.js';
import { runProgram, wholeNumber } from './program.js';

const CHUNK_PARCELS = 30_000;
/** Every so many parcels one has no data. */
const GAP_EVERY = 50;

const SELECTION = {
  tables: { catalogue: 'dias_catalogue', aois: 'aois', parcels: 'parcels', results: 'sigs', hists: 'hists' },
  aoi: { field: 'name', name: 'here' },
  period: { start: '2024-01-01', end: '2024-12-31' },
  card: 's2',
  minAreaM2: 3000,
};

/** Squares of 100 m on a lattice of 200 m, all under every scene. */
const PARCELS = `
  CREATE TABLE parcels (ogc_fid integer PRIMARY KEY, wkb_geometry geometry(Polygon, 32631));
  INSERT INTO parcels
  SELECT i + 1, ST_MakeEnvelope(500000 + 200 * (i % 500), 5600000 + 200 * (i / 500), 500100 + 200 * (i % 500), 5600100 + 200 * (i / 500), 32631)
  FROM generate_series(0, $PARCELS - 1) AS i;
  CREATE INDEX ON parcels USING gist (wkb_geometry);
  ANALYZE parcels`;

const SCENES = `
  INSERT INTO aois SELECT 'here', ST_Transform(ST_SetSRID(ST_Expand(ST_Extent(wkb_geometry), 1000), 32631), 4326) FROM parcels;
  INSERT INTO dias_catalogue (id, obstime, reference, sensor, card, status, footprint)
  SELECT s, timestamp '2024-01-01' + s * interval '5 hours', 'SCENE_' || s, '2A', 's2', 'extracted', ST_Envelope(aois.wkb_geometry)
  FROM generate_series(1, $SCENES) AS s, aois`;

/** What each scene has stored. Parameters: selection, fingerprint. */
const LEDGER = [
  `INSERT INTO parcelwise.extraction (results_table, obsid, catalogue_table, card, bands, campaign, status, owner_workflow,
     owner_run, selection, hists_table, class_band)
   SELECT 'public.sigs', id, 'public.dias_catalogue', 's2', '{B04,B08,SC}', 'campaign/bench', 'extracted', 'bench', 'bench', $1,
          'public.hists', 'SC' FROM dias_catalogue`,
  `INSERT INTO parcelwise.plan SELECT 'public.sigs', id, c, c * ${CHUNK_PARCELS} + 1, (c + 1) * ${CHUNK_PARCELS}
   FROM dias_catalogue, generate_series(0, ($PARCELS - 1) / ${CHUNK_PARCELS}) AS c`,
  `INSERT INTO parcelwise.ledger (results_table, obsid, chunk, parcels, rows, hists, pids, parcel_set)
   SELECT results_table, obsid, chunk, p.n, 3 * p.n - 3 * p.gaps, p.n - p.gaps, p.pids, $1 FROM parcelwise.plan
   CROSS JOIN LATERAL (SELECT count(*) AS n, count(*) FILTER (WHERE ogc_fid % ${GAP_EVERY} = 0) AS gaps, array_agg(ogc_fid ORDER BY ogc_fid) AS pids
                       FROM parcels WHERE ogc_fid BETWEEN first_pid AND last_pid) AS p`,
  `INSERT INTO parcelwise.gap
   SELECT results_table, obsid, chunk, band, 'no-data', p.pids FROM parcelwise.plan CROSS JOIN unnest('{B04,B08,SC}'::text[]) AS band
   CROSS JOIN LATERAL (SELECT array_agg(ogc_fid) AS pids FROM parcels
                       WHERE ogc_fid BETWEEN first_pid AND last_pid AND ogc_fid % ${GAP_EVERY} = 0) AS p`,
  `INSERT INTO parcelwise.stored_layer
   SELECT results_table, obsid, chunk, band, rows / 3 FROM parcelwise.ledger CROSS JOIN unnest('{B04,B08,SC}'::text[]) AS band`,
  `UPDATE parcelwise.extraction e SET accounts = (
     SELECT jsonb_build_object('parcels', sum(parcels), 'rows', sum(rows), 'hists', sum(hists)) FROM parcelwise.ledger l
     WHERE l.obsid = e.obsid)`,
  `INSERT INTO sigs SELECT ogc_fid, id, band, 100, 0.25, 0.1, 0, 1, 0.2, 0.25, 0.3
   FROM dias_catalogue, unnest('{B04,B08,SC}'::text[]) AS band, parcels WHERE ogc_fid % ${GAP_EVERY} <> 0`,
  `INSERT INTO hists SELECT ogc_fid, id, '{"4": 55, "9": 3}' FROM dias_catalogue, parcels WHERE ogc_fid % ${GAP_EVERY} <> 0`,
];

const SPOIL = `
  DELETE FROM sigs WHERE (obsid, band, pid) = (3, 'B08', 77);
  INSERT INTO sigs SELECT * FROM sigs WHERE (obsid, band, pid) = (5, 'SC', 78);
  DELETE FROM hists WHERE (obsid, pid) = (7, 79)`;

async function fill(pool: pg.Pool, scenes: number, parcels: number): Promise<void> {
  const sized = (sql: string): string =>
    sql.replaceAll('$PARCELS', `${parcels}`).replaceAll('$SCENES', `${scenes}`);
  await migrate(pool);
  await pool.query(sized(PARCELS));
  await createCbmTables(pool, SELECTION.tables);
  await pool.query(sized(SCENES));
  const fingerprint = await parcelSetFingerprint(pool, await checkSelection(pool, SELECTION));
  for (const [i, sql] of LEDGER.entries()) {
    const values = i === 0 ? [JSON.stringify(SELECTION)] : i === 2 ? [fingerprint] : [];
    await pool.query(sized(sql), values);
  }
}

async function timed(pool: pg.Pool, what: string): Promise<void> {
  const began = performance.now();
  const { tables, findings } = await audit(pool, {}, { each: 20 });
  const seconds = (performance.now() - began) / 1000;
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  console.log(
    `${what}: ${rows} rows and histograms in ${seconds.toFixed(1)} s, ${(rows / seconds / 1e6).toFixed(2)} million a second`,
  );
  for (const { first } of findings) for (const { text } of first) console.log(`  ${text}`);
}

const USAGE = `DATABASE_URL=postgres://… node dist/bench/audit.js [options]

  --scenes N   scenes of the table (40)
  --parcels N  parcels of each of them (100000)

The database must be empty.
`;

await runProgram(USAGE, async () => {
  const { values } = parseArgs({
    options: { scenes: { type: 'string', default: '40' }, parcels: { type: 'string', default: '100000' } },
  });
  const scenes = wholeNumber('scenes', values.scenes, 7);
  const parcels = wholeNumber('parcels', values.parcels, 100);
  const pool = openPool(resolveConnection({}, process.env), { max: 2 });
  try {
    await fill(pool, scenes, parcels);
    await timed(pool, 'undisturbed');
    await pool.query(SPOIL);
    await timed(pool, 'with three faults');
  } finally {
    await pool.end();
  }
  return 0;
});
