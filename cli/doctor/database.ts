/** Looks at the database: is it there, is it set up, does it hold what a campaign needs? */
import { parseLayer } from '../../campaigns/bands-to-read.js';
import type pg from 'pg';
import type { CardType } from '../../cards/card.js';
import { CARD_TYPES } from '../../cards/card-types.js';
import { type CheckedTables, lookOverTables } from '../../database/selection/check.js';
import { type DatabaseConfig, readDbConfig } from '../../database/selection/config.js';
import { openPool } from '../../database/session/pool.js';
import { strayScenes } from '../../database/ledger/reconcile.js';
import { missingRights, requireRights } from '../../database/selection/rights.js';
import { requireParcels } from '../../database/selection/parcel-table.js';
import { countStatuses, tellWithoutFootprint } from '../../database/scenes/scenes.js';
import { requireSchema, schemaVersion } from '../../database/session/schema.js';
import { postgisVersions, serverVersion } from '../../database/session/server.js';
import { lookAtReads } from './reads.js';
import { lookAtSessions, lookAtStoring } from './storing.js';
import { advice, fault, faultOf, type Finding, look, ok, skipped } from './finding.js';

const CARDS = CARD_TYPES.map(({ code }) => code);

export async function lookAtDatabase(file: string | undefined): Promise<Finding[]> {
  let config: DatabaseConfig;
  try {
    config = readDbConfig(file, process.env);
  } catch (error) {
    return [faultOf('db_config.json', error)];
  }
  const strange = lookAtBands(config);
  const pool = openPool(config.connection, { max: 2 });
  try {
    const connection = await look('database', () => lookAtConnection(pool, config));
    if (connection.some(({ state }) => state === 'fault')) {
      return [...connection, ...strange, skipped('PostGIS, tables', 'not without the database')];
    }
    return [
      ...connection,
      ...(await look('sessions', () => lookAtSessions(pool, config))),
      ...(await look('PostGIS', () => lookAtPostgis(pool))),
      ...(await look('schema', () => lookAtSchema(pool))),
      ...(await look('tables', () => lookAtTables(pool, config))),
      ...strange,
    ];
  } finally {
    await pool.end();
  }
}

/** A campaign is of one CARD type and asks for its bands and indices; those of none are a mistake in any. */
function lookAtBands({ bands = [], indices }: DatabaseConfig): Finding[] {
  const strange = bands.filter((band) => !CARD_TYPES.some((card) => has(card, band, indices)));
  if (strange.length === 0) return [];
  return [fault('bands', `no CARD type has ${strange.join(', ')}`, 'Correct database.args.bands')];
}

function has(card: CardType, band: string, indices: DatabaseConfig['indices']): boolean {
  try {
    parseLayer(band, card, indices);
    return true;
  } catch {
    return false;
  }
}

async function lookAtConnection(pool: pg.Pool, { connection }: DatabaseConfig): Promise<Finding> {
  const version = await serverVersion(pool);
  const { host, port, database, user } = connection;
  return ok('database', `PostgreSQL ${version} at ${host}:${port}, database ${database} as ${user}`);
}

async function lookAtPostgis(pool: pg.Pool): Promise<Finding> {
  const versions = await postgisVersions(pool);
  if (versions === undefined) return fault('PostGIS', 'this database has no PostGIS', 'Run parcelwise init');
  return ok('PostGIS', `${versions.postgis}, PROJ ${versions.proj}`);
}

async function lookAtSchema(pool: pg.Pool): Promise<Finding> {
  await requireSchema(pool);
  return ok('schema', `parcelwise, version ${await schemaVersion(pool)}`);
}

async function lookAtTables(pool: pg.Pool, config: DatabaseConfig): Promise<Finding[]> {
  const { tables, aoi, period, minAreaM2 } = config;
  const { checked, faults } = await lookOverTables(pool, { tables, aoi, period, minAreaM2 });
  if (checked === undefined) return faults.map((one) => faultOf('tables', one));
  const { catalogue, parcels, results, hists, clear } = checked;
  const beside = [hists, clear].flatMap((table) => table?.key ?? []);
  const names = [catalogue.key, checked.aoi.key, parcels.key, results.key, ...beside];
  return [
    ok('tables', names.join(', ')),
    ...checked.warnings.map((warning) => advice('tables', warning, '')),
    ...(await look('rights', () => lookAtRights(pool, checked))),
    ...(await look('storing', () => lookAtStoring(pool, checked, config))),
    ...(await look('parcels', () => lookAtParcels(pool, checked))),
    ...(await look('reads', () => lookAtReads(pool, checked))),
    ...(await look('scenes', () => lookAtScenes(pool, checked))),
  ];
}

/** Deleting is asked for by --changed-only alone, so a role without it is worth a note. */
async function lookAtRights(pool: pg.Pool, checked: CheckedTables): Promise<Finding> {
  if ((await schemaVersion(pool)) === 0) return skipped('rights', 'not without the schema parcelwise');
  await requireRights(pool, checked);
  const missing = await missingRights(pool, checked, { changedOnly: true });
  return missing.length === 0
    ? ok('rights', 'all that campaigns need')
    : advice(
        'rights',
        `all but DELETE on ${missing.map(({ table }) => table).join(', ')}, which --changed-only needs`,
        'Grant it where parcels change: docs/database.md, Rights',
      );
}

async function lookAtParcels(pool: pg.Pool, checked: CheckedTables): Promise<Finding[]> {
  await requireParcels(pool, checked);
  const blind = await tellWithoutFootprint(pool, checked.catalogue);
  return blind.map((text) => advice('scenes', text, ''));
}

async function lookAtScenes(pool: pg.Pool, checked: CheckedTables): Promise<Finding[]> {
  const counted: string[] = [];
  for (const card of CARDS) {
    const statuses = Object.entries(await countStatuses(pool, { ...checked, card }));
    if (statuses.length > 0)
      counted.push(`${card}: ${statuses.map(([status, count]) => `${count} ${status}`).join(', ')}`);
  }
  const strays = await strayScenes(pool, checked).catch(() => []);
  return [
    counted.length > 0
      ? ok('scenes', counted.join('; '))
      : advice(
          'scenes',
          `none over AOI ${checked.aoi.name} from ${checked.period.start} to ${checked.period.end}`,
          'Check AOI and period, or enter scenes into the catalogue',
        ),
    ...(strays.length > 0
      ? [
          advice(
            'scenes',
            `${strays.length} in progress, but not by parcelwise`,
            'If no other program works on them: parcelwise reconcile lists them',
          ),
        ]
      : []),
  ];
}
