/** A small season of our own making: CbM's tables with a few scenes, an area of interest, and square parcels. */
import type pg from 'pg';
import {
  type CheckedSelection,
  checkSelection,
  checkSyncTarget,
  type SyncTarget,
} from '../../database/selection/check.js';
import { createCbmTables } from '../../database/selection/cbm-tables.js';
import { migrate } from '../../database/session/schema.js';
import type { Owner, Selection, Tables } from '../../database/terms.js';

/** EPSG:32631 around 3 degrees east, where UTM northing and easting are easy to follow. */
export const GRID = {
  epsg: 32631,
  width: 1000,
  height: 1000,
  originX: 500000,
  originY: 5650000,
  stepX: 10,
  stepY: -10,
};

export const SELECTION: Selection = {
  tables: { catalogue: 'dias_catalogue', aois: 'aois', parcels: 'parcels', results: 'sigs', hists: 'hists' },
  aoi: { field: 'name', name: 'here' },
  period: { start: '2024-03-01', end: '2024-04-01' },
  card: 's2',
  minAreaM2: 3000,
};

export const anna: Owner = { workflowId: 'scene/public.sigs/1', runId: 'run-a' };
export const bert: Owner = { workflowId: 'scene/public.sigs/1', runId: 'run-b' };

/** Squares of 100 m, twenty a row, 400 m apart, from the grid's lower left corner; all in the AOI and the scenes. */
const PARCELS = (srid: number, count: number) => `
  CREATE TABLE parcels (ogc_fid serial PRIMARY KEY, wkb_geometry geometry(Polygon, ${srid}));
  INSERT INTO parcels (wkb_geometry)
  SELECT ST_Transform(ST_MakeEnvelope(x, y, x + 100, y + 100, 32631), ${srid})
  FROM (SELECT 500200 + 400 * (i % 20) AS x, 5640200 + 400 * (i / 20) AS y FROM generate_series(0, ${count - 1}) AS i) AS corner;
  CREATE INDEX ON parcels USING gist (wkb_geometry);
  ANALYZE parcels`;

/** Scenes 1 to 3 cover the grid on three days; 4 is of another card, 5 out of the period, 6 far away, 7 extracted. */
const SCENES = `
  INSERT INTO dias_catalogue (id, obstime, reference, sensor, card, status, footprint)
  SELECT id, obstime::timestamp, 'SCENE_' || id, '2A', card, status,
         ST_Transform(ST_MakeEnvelope(x, 5640000, x + 10000, 5650000, 32631), 4326)
  FROM (VALUES
    (1, '2024-03-02 10:56:19.123456', 's2', 'ingested', 500000),
    (2, '2024-03-02 10:56:19.123457', 's2', 'ingested', 500000),
    (3, '2024-03-30 10:56:19', 's2', 'ingested', 500000),
    (4, '2024-03-02 17:24:31', 'bs', 'ingested', 500000),
    (5, '2024-05-02 10:56:19', 's2', 'ingested', 500000),
    (6, '2024-03-02 10:56:19', 's2', 'ingested', 700000),
    (7, '2024-03-03 10:56:19', 's2', 'extracted', 500000)) AS scene (id, obstime, card, status, x)`;

/** `here` is the grid of 10 km, `there` one like it 200 km to the east. */
export const AOI = `
  INSERT INTO aois (name, wkb_geometry)
  SELECT name, ST_Transform(ST_MakeEnvelope(x, 5640000, x + 10000, 5650000, 32631), 4326)
  FROM (VALUES ('here', 500000), ('there', 700000)) AS aoi (name, x)`;

/** Fills an empty database and checks the selection against it. */
export async function makeSeason(
  pool: pg.Pool,
  {
    parcels = 40,
    srid = 31370,
    tables = SELECTION.tables,
  }: { parcels?: number; srid?: number; tables?: Tables } = {},
): Promise<CheckedSelection> {
  await pool.query(PARCELS(srid, parcels));
  await createCbmTables(pool, tables);
  await migrate(pool);
  await pool.query(AOI);
  await pool.query(SCENES);
  return checkSelection(pool, { ...SELECTION, tables });
}

/** The season with a catalogue that is ready for scenes of a sync: their ids come after 100. */
export async function makeSyncedSeason(pool: pg.Pool): Promise<SyncTarget> {
  await makeSeason(pool);
  await numberFrom101(pool);
  return await checkSyncTarget(pool, SELECTION);
}

/** The season numbered its scenes by hand; the next ones get other ids. */
export async function numberFrom101(pool: pg.Pool): Promise<void> {
  await pool.query(`SELECT setval('dias_catalogue_id_seq', 100)`);
}
